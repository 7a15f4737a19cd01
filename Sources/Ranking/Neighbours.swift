import BlockMatrix

/// Finds the rows of one side whose factors point in the same direction: cosine similarity.
///
/// Biases take no part. A row of zeros has no direction: its cosine with every row is 0.
package struct Neighbours: Sendable {
  private let table: FactorTable
  private let search: TopSearch

  /// Lays out a side's rows, each divided by its norm.
  ///
  /// - Throws: `.usage` where the model is of biases alone, without factors to compare.
  package init(_ side: Side, of model: FactorModel) throws(Failure) {
    guard model.rank > 0 else {
      throw Failure(
        .usage, "a model of biases alone has no factors to compare",
        hint: "train one with a --rank of at least 1")
    }
    let table = model.factors[side]
    self.table = table
    search = TopSearch(
      try CandidateTiles(0..<UInt32(table.rowCount), width: table.rank) {
        Self.direction(of: table.factors($0))
      },
      kernels: model.kernels)
  }

  /// The nearest rows of each of some rows, without itself: cosines between −1 and 1, descending.
  ///
  /// - Parameter indices: Rows, in the order of the result.
  package func nearest(
    to indices: [UInt32], limit: Int, workers: Int
  ) throws(Failure) -> [[Candidate]] {
    try nearest(
      to: indices, of: table, limit: limit, workers: workers, excluded: { indices[$0...$0] })
  }

  /// The nearest rows of each of some rows of another table, all rows to choose from.
  ///
  /// - Parameters:
  ///   - indices: Rows of `other`, in the order of the result.
  ///   - other: New rows of the same side, of the same rank.
  package func nearest(
    to indices: [UInt32], of other: FactorTable, limit: Int, workers: Int
  ) throws(Failure) -> [[Candidate]] {
    precondition(other.rank == table.rank)
    return try nearest(
      to: indices, of: other, limit: limit, workers: workers, excluded: { _ in [] })
  }

  private func nearest(
    to indices: [UInt32], of other: FactorTable, limit: Int, workers: Int,
    excluded: @escaping @Sendable (_ position: Int) -> ArraySlice<UInt32>
  ) throws(Failure) -> [[Candidate]] {
    let table = table
    return try search.rank(
      count: indices.count, limit: limit, workers: workers,
      row: { Self.direction(of: other.factors(Int(indices[$0]))) },
      excluded: excluded,
      transform: { first, rankings throws(Failure) in
        zip(indices[first...], rankings).map { index, ranking in
          let row = other.factors(Int(index))
          return ranking.map { candidate in
            Candidate(
              index: candidate.index,
              score: Self.cosine(row, table.factors(Int(candidate.index))))
          }
          .sorted(by: >)
        }
      }
    ).flatMap(\.self)
  }

  /// The cosine of two rows, computed in Double from the rows themselves: the search only chooses.
  private static func cosine(_ left: [Float], _ right: [Float]) -> Float {
    let product = zip(left, right).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let cosine = product / (norm(left) * norm(right))
    // A row of zeros has no direction.
    return cosine.isFinite ? Float(min(1, max(-1, cosine))) : 0
  }

  private static func direction(of row: [Float]) -> [Float] {
    let norm = norm(row)
    return norm > 0 ? row.map { Float(Double($0) / norm) } : row
  }
}
