import BlockMatrix

/// λ Σ s·|x|² over a side's rows: its part of the objective besides the errors.
///
/// Rows are summed in order, in Double; `counts` are their ratings.
///
/// - Complexity: O(rows · rank).
package func penalty(
  _ table: FactorTable, counts: [UInt32], hyperparameters: Hyperparameters
) -> Double {
  precondition(counts.count == table.rowCount)
  var sum = 0.0
  for index in 0..<table.rowCount {
    let row = unsafe table.base + index * table.stride
    var squares = SIMD8<Double>.zero
    for offset in stride(from: 0, to: table.stride, by: 8) {
      let lanes = unsafe SIMD8<Double>(
        UnsafeRawPointer(row + offset).loadUnaligned(as: SIMD8<Float>.self))
      squares += lanes * lanes
    }
    sum += hyperparameters.ridge(count: Int(counts[index])) * total(squares)
  }
  return sum
}

/// The sum of all lanes, halves upon halves.
private func total(_ lanes: SIMD8<Double>) -> Double {
  let four = lanes.lowHalf + lanes.highHalf
  let two = four.lowHalf + four.highHalf
  return two[0] + two[1]
}
