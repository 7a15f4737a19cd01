import BlockMatrix
import BlockStore
import Workers

/// Finds the rows of one side whose factors point in the same direction: cosine similarity.
///
/// Biases take no part. A row of zeros has no direction: its cosine with every row is 0.
package struct Neighbours: Sendable {
  private let rows: FactorRows
  private let search: TopSearch

  /// Lays out a side's rows, each divided by its norm.
  ///
  /// - Parameter among: The rows to choose from, all different; `nil` for all.
  /// - Throws: `.usage` where the model is of biases alone, without factors to compare.
  package init(
    _ side: Side, of model: FactorModel, among: [UInt32]? = nil
  ) throws(Failure) {
    guard model.rank > 0 else {
      throw Failure(
        .usage, "a model of biases alone has no factors to compare",
        hint: "train one with a --rank of at least 1")
    }
    let rows = model.rows[side]
    self.rows = rows
    search = TopSearch(
      try CandidateTiles(among ?? Array(0..<UInt32(rows.count)), width: rows.rank) {
        indices throws(Failure) in
        let table = try rows.table(of: indices)
        return indices.indices.map { Self.direction(of: table.factors($0)) }
      },
      kernels: model.kernels)
  }

  /// The nearest rows of each of some rows, without itself: cosines between −1 and 1, descending.
  ///
  /// - Parameters:
  ///   - indices: Rows, in the order of the result.
  ///   - other: New rows of the same side, of the same rank, that the indices are of; `nil` for
  ///     the model's own.
  package func nearest(
    to indices: [UInt32], of other: FactorRows? = nil, limit: Int, workers: Int
  ) throws(Failure) -> [[Candidate]] {
    var all: [[Candidate]] = []
    try nearest(
      to: indices, of: other, limit: limit, workers: workers,
      transform: { _, rankings throws(Failure) in rankings },
      emit: { _, rankings throws(Failure) in all += rankings })
    return all
  }

  /// The nearest rows of each of some rows, without itself, in waves of bounded memory.
  ///
  /// - Parameters:
  ///   - transform: Turns the rankings of neighbouring positions, from the first on, into a result;
  ///     runs on the workers.
  ///   - emit: Takes the results in the order of `indices`, with the number of rows done by then.
  package func nearest<Output: Sendable>(
    to indices: [UInt32], of other: FactorRows? = nil, limit: Int, workers: Int,
    transform: @escaping @Sendable (_ first: Int, [[Candidate]]) throws(Failure) -> Output,
    emit: (_ done: Int, Output) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(other.map { $0.rank == rows.rank } ?? true)
    let waveSize = max(TopSearch.batchSize, min(1 << 14, (1 << 20) / max(1, limit)))
    for start in stride(from: 0, to: indices.count, by: waveSize) {
      let wave = Array(indices[start..<min(indices.count, start + waveSize)])
      let subjects = try (other ?? rows).table(of: wave, workers: workers)
      let isOwn = other == nil
      let rankings = try search.rank(
        count: wave.count, limit: limit, workers: workers,
        row: { Self.direction(of: subjects.factors($0)) },
        excluded: { isOwn ? wave[$0...$0] : [] },
        transform: { _, rankings throws(Failure) in rankings }
      ).flatMap(\.self)
      // Divided by their norms they are in memory; as they are, only those that were chosen.
      let chosen = chosen(in: rankings)
      let table = try rows.table(of: chosen.indices, workers: workers)
      let length = 256
      let outputs = try Parallel.map((wave.count + length - 1) / length, workers: workers) {
        part throws(Failure) in
        let positions = part * length..<min(wave.count, (part + 1) * length)
        let exact = positions.map { position in
          let row = subjects.factors(position)
          return rankings[position].map { candidate in
            let place = Int(chosen.places[Int(candidate.index)])
            return Candidate(
              index: candidate.index, score: Self.cosine(row, table.factors(place)))
          }
          .sorted(by: >)
        }
        return (positions.upperBound, try transform(start + positions.lowerBound, exact))
      }
      for (done, output) in outputs { try emit(start + done, output) }
    }
  }

  /// The rows that are in some ranking, ascending, and the place of each row among them.
  private func chosen(in rankings: [[Candidate]]) -> (indices: [UInt32], places: [UInt32]) {
    var places = [UInt32](repeating: 0, count: rows.count)
    for ranking in rankings { for candidate in ranking { places[Int(candidate.index)] = 1 } }
    var indices: [UInt32] = []
    for index in places.indices where places[index] == 1 {
      places[index] = UInt32(indices.count)
      indices.append(UInt32(index))
    }
    return (indices, places)
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
