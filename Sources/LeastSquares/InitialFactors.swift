import BlockMatrix

/// The factors that training begins with: rows of unit length, nearly normal entries.
///
/// A row depends on the seed, its side and its index alone. Its entries are sums of four uniform
/// integers (Irwin and Hall), so that nothing but IEEE square root and division decides their bits;
/// their magnitudes where factors are to be non-negative. Biases are zero.
///
/// - Parameter indices: The rows that are wanted; the first of them is row 0 of the result.
/// - Throws: `.memory` where there is none left.
/// - Complexity: O(rows · rank).
package func initialFactors(
  side: Side, indices: Range<Int>, hyperparameters: Hyperparameters
) throws(Failure) -> FactorTable {
  let table = try FactorTable(
    rowCount: indices.count, rank: hyperparameters.rank, hasBias: hyperparameters.hasBias)
  var entries = [Int](repeating: 0, count: table.rank)
  for (position, index) in indices.enumerated() {
    let key = rowKey(seed: hyperparameters.seed, side: side, index: index)
    var squares = 0
    for position in entries.indices {
      let bits = SplitMix64.finalize(key &+ UInt64(position) &* SplitMix64.increment)
      let sum =
        (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48 & 0xFFFF)
      entries[position] = Int(sum) - 2 * 0xFFFF
      squares += entries[position] * entries[position]
    }
    let length = Double(max(1, squares)).squareRoot()
    let row = unsafe table.writableRow(position)
    for (position, entry) in entries.enumerated() {
      let value = Float(Double(entry) / length)
      unsafe row[position] = hyperparameters.isNonnegative ? value.magnitude : value
    }
  }
  return table
}

/// The factors of some rows of both sides that training begins with.
package func initialFactors(
  _ indices: PerSide<Range<Int>>, hyperparameters: Hyperparameters
) throws(Failure) -> PerSide<FactorTable> {
  try PerSide { side throws(Failure) in
    try initialFactors(side: side, indices: indices[side], hyperparameters: hyperparameters)
  }
}

/// The beginning of a row's own stream of numbers.
private func rowKey(seed: UInt64, side: Side, index: Int) -> UInt64 {
  let sideKey: UInt64 = side == .user ? 0x75 : 0x69
  let indexKey = UInt64(index) &* SplitMix64.increment &+ sideKey
  return SplitMix64.finalize(SplitMix64.mix(seed) ^ SplitMix64.finalize(indexKey))
}
