import BlockMatrix

/// The factors that training begins with: rows of unit length, nearly normal entries.
///
/// A row depends on the seed, its side and its index alone. Its entries are sums of four uniform
/// integers (Irwin and Hall), so that nothing but IEEE square root and division decides their bits;
/// their magnitudes where factors are to be non-negative. Biases are zero.
///
/// - Throws: `.memory` where there is none left.
/// - Complexity: O(rows · rank).
package func initialFactors(
  side: Side, rowCount: Int, hyperparameters: Hyperparameters
) throws(Failure) -> FactorTable {
  let table = try FactorTable(
    rowCount: rowCount, rank: hyperparameters.rank, hasBias: hyperparameters.hasBias)
  var entries = [Int](repeating: 0, count: table.rank)
  for index in 0..<rowCount {
    let key = rowKey(seed: hyperparameters.seed, side: side, index: index)
    var squares = 0
    for position in entries.indices {
      let bits = mix(key &+ UInt64(position) &* goldenGamma)
      let sum =
        (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48 & 0xFFFF)
      entries[position] = Int(sum) - 2 * 0xFFFF
      squares += entries[position] * entries[position]
    }
    let length = Double(max(1, squares)).squareRoot()
    let row = unsafe table.writableRow(index)
    for (position, entry) in entries.enumerated() {
      let value = Float(Double(entry) / length)
      unsafe row[position] = hyperparameters.isNonnegative ? value.magnitude : value
    }
  }
  return table
}

private let goldenGamma: UInt64 = 0x9E37_79B9_7F4A_7C15

/// The beginning of a row's own stream of numbers.
private func rowKey(seed: UInt64, side: Side, index: Int) -> UInt64 {
  let sideKey: UInt64 = side == .user ? 0x75 : 0x69
  return mix(mix(seed &+ goldenGamma) ^ mix(UInt64(index) &* goldenGamma &+ sideKey))
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014, figure 15).
private func mix(_ value: UInt64) -> UInt64 {
  var bits = value
  bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
  bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
  return bits ^ (bits >> 31)
}
