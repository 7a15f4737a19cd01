import BlockMatrix

/// Finds the rows of one side whose factors point in the same direction: cosine similarity.
///
/// Biases take no part. A row of zeros has no direction: it is nobody's neighbour and has none.
package struct Neighbours: Sendable {
  private let table: FactorTable
  private let search: TopSearch

  /// Lays out a side's rows, each divided by its norm.
  package init(_ side: Side, of model: FactorModel) throws(Failure) {
    let table = model.factors[side]
    self.table = table
    let rows = (0..<UInt32(table.rowCount)).filter { norm(table.factors(Int($0))) > 0 }
    search = TopSearch(
      try CandidateTiles(rows, width: table.rank) { Self.direction(of: table.factors($0)) },
      kernels: model.kernels)
  }

  /// The nearest rows of each of some rows, without itself: cosines between −1 and 1, descending.
  ///
  /// - Parameter indices: Rows, in the order of the result.
  package func nearest(
    to indices: [UInt32], limit: Int, workers: Int
  ) throws(Failure) -> [[Candidate]] {
    let table = table
    return try search.rank(
      count: indices.count, limit: limit, workers: workers,
      row: { Self.direction(of: table.factors(Int(indices[$0]))) },
      excluded: { indices[$0...$0] },
      transform: { first, rankings throws(Failure) in
        rankings.enumerated().map { offset, ranking in
          let isZero = norm(table.factors(Int(indices[first + offset]))) == 0
          // Rounding may lead past 1.
          return isZero
            ? [] : ranking.map { Candidate(index: $0.index, score: min(1, max(-1, $0.score))) }
        }
      }
    ).flatMap(\.self)
  }

  private static func direction(of row: [Float]) -> [Float] {
    let norm = norm(row)
    return norm > 0 ? row.map { Float(Double($0) / norm) } : row
  }
}
