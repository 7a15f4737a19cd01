import BlockMatrix

/// λ₁ Σ s·|x|² + λ₂ Σ s·b² over a side's rows: its part of the objective besides the errors.
///
/// Rows are summed in order, in Double; `counts` are their ratings, as far as the feedback counts
/// them, and `oppositeCount` is the other side's number of rows.
///
/// - Parameter before: The sum over the rows before the table's first.
/// - Complexity: O(rows · rank).
package func penalty(
  _ table: FactorTable, counts: [UInt32], oppositeCount: Int, hyperparameters: Hyperparameters,
  after before: Double = 0
) -> Double {
  precondition(counts.count == table.rowCount)
  var sum = before
  for index in 0..<table.rowCount {
    let row = unsafe table.base + index * table.stride
    var squares = SIMD8<Double>.zero
    for offset in stride(from: 0, to: table.stride, by: 8) {
      let lanes = unsafe SIMD8<Double>(
        UnsafeRawPointer(row + offset).loadUnaligned(as: SIMD8<Float>.self))
      squares += lanes * lanes
    }
    let count = Int(counts[index])
    let bias = Double(table.bias(index))
    let ridge = hyperparameters.ridge(count: count, oppositeCount: oppositeCount)
    sum += ridge * (total(squares) - bias * bias)
    sum += hyperparameters.biasRidge(count: count) * bias * bias
  }
  return sum
}

/// The ratings of a block's rows that count where regularisation goes by count.
///
/// They are all of them but for the confidence convention `spark`, where only ratings > 0 count:
/// then ``penalty(_:counts:oppositeCount:hyperparameters:after:)`` wants these.
///
/// - Complexity: O(ratings).
package func countedRatings(
  of block: RatingBlock, hyperparameters: Hyperparameters
) -> [UInt32] {
  let confidence = hyperparameters.feedback.confidence
  return (0..<block.rowCount).map { row in
    let ratings = block.ratings(ofRow: row)
    guard let confidence, confidence.convention == .spark else { return UInt32(ratings.count) }
    return ratings.reduce(0) { $0 + (confidence.counts(block.value(at: $1)) ? 1 : 0) }
  }
}

/// The sum of each row's ratings, or of a term of each, in order, in Double: folded by index and
/// divided by the number of ratings they are μ, with the same bits for any blocks.
///
/// - Complexity: O(ratings).
package func ratingSums(
  of block: RatingBlock, term: (Double) -> Double = { $0 }
) -> [Double] {
  (0..<block.rowCount).map { row in
    block.ratings(ofRow: row).reduce(0) { $0 + term(Double(block.value(at: $1))) }
  }
}

/// The sum of all lanes, halves upon halves.
private func total(_ lanes: SIMD8<Double>) -> Double {
  let four = lanes.lowHalf + lanes.highHalf
  let two = four.lowHalf + four.highHalf
  return two[0] + two[1]
}
