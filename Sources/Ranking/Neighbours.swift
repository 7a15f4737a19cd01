import BlockMatrix
import BlockStore

/// Finds the rows of one side whose factors point in the same direction: cosine similarity.
///
/// Biases take no part. A row of zeros has no direction: its cosine with every row is 0.
package struct Neighbours: Sendable {
  private let rows: FactorRows
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
    let rows = model.rows[side]
    self.rows = rows
    search = TopSearch(
      try CandidateTiles(Array(0..<UInt32(rows.count)), width: rows.rank) {
        indices throws(Failure) in
        let table = try rows.table(of: indices)
        return indices.indices.map { Self.direction(of: table.factors($0)) }
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
      to: rows.table(of: indices, workers: workers), limit: limit, workers: workers,
      excluded: { indices[$0...$0] })
  }

  /// The nearest rows of each of some rows that are not among them.
  ///
  /// - Parameters:
  ///   - indices: Rows of `other`, in the order of the result.
  ///   - other: New rows of the same side, of the same rank.
  package func nearest(
    to indices: [UInt32], of other: FactorRows, limit: Int, workers: Int
  ) throws(Failure) -> [[Candidate]] {
    precondition(other.rank == rows.rank)
    return try nearest(
      to: other.table(of: indices, workers: workers), limit: limit, workers: workers,
      excluded: { _ in [] })
  }

  private func nearest(
    to subjects: FactorTable, limit: Int, workers: Int,
    excluded: @escaping @Sendable (_ position: Int) -> ArraySlice<UInt32>
  ) throws(Failure) -> [[Candidate]] {
    let rows = rows
    return try search.rank(
      count: subjects.rowCount, limit: limit, workers: workers,
      row: { Self.direction(of: subjects.factors($0)) },
      excluded: excluded,
      transform: { first, rankings throws(Failure) in
        // Divided by their norms they are in memory; as they are, only those that were chosen.
        let chosen = Array(Set(rankings.joined().map(\.index))).sorted()
        let table = try rows.table(of: chosen)
        return rankings.enumerated().map { position, ranking in
          let row = subjects.factors(first + position)
          return ranking.map { candidate in
            let place = chosen.firstPlace(sorted: candidate.index) ?? 0
            return Candidate(
              index: candidate.index, score: Self.cosine(row, table.factors(place)))
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
