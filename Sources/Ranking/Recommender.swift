import BlockMatrix
import BlockStore

/// Tells which items some users have seen, or which users have seen some items: the result has a
/// position for each of them.
package typealias SeenSource = @Sendable (_ rows: [UInt32]) throws(Failure) -> SeenItems

/// Ranks items for users of a model, or users for items.
package struct Recommender: Sendable {
  package let model: FactorModel
  /// Whom rankings are for.
  package let side: Side
  private let search: TopSearch
  private let seen: SeenSource?

  /// Lays out the rows to choose from.
  ///
  /// - Parameters:
  ///   - side: Whom rankings are for; the other side is ranked.
  ///   - among: The indices of the rows to choose from, all different; `nil` for all.
  ///   - seen: Tells which are kept out of a ranking.
  package init(
    _ model: FactorModel, for side: Side = .user, among: [UInt32]? = nil, seen: SeenSource? = nil
  ) throws(Failure) {
    self.model = model
    self.side = side
    self.seen = seen
    let ranked = side.opposite
    search = TopSearch(
      try CandidateTiles(
        among ?? Array(0..<UInt32(model.ids[ranked].count)), width: model.scoringWidth
      ) { indices throws(Failure) in
        let table = try model.rows[ranked].table(of: indices)
        return indices.indices.map { model.scoringRow(ranked, table, $0) }
      },
      kernels: model.kernels)
  }

  /// Ranks for rows of ``side``, in waves of bounded memory.
  ///
  /// - Parameters:
  ///   - rows: Indices, in the order of the result.
  ///   - limit: The length of each ranking.
  ///   - transform: Turns the rankings of neighbouring positions, from the first on, into a result;
  ///     runs on the workers.
  ///   - emit: Takes the results in the order of the rows, with the number of rows done by then.
  package func recommend<Output: Sendable>(
    to rows: [UInt32], limit: Int, workers: Int,
    transform: @escaping @Sendable (_ first: Int, [[Candidate]]) throws(Failure) -> Output,
    emit: (_ done: Int, Output) throws(Failure) -> Void
  ) throws(Failure) {
    // A wave's rankings stay in memory until they are written.
    let waveSize = max(TopSearch.batchSize, min(1 << 14, (1 << 22) / max(1, limit)))
    let loadSize = loadSize(rows, waveSize)
    var load: (start: Int, table: FactorTable)?
    var start = 0
    while start < rows.count {
      let wave = Array(rows[start..<min(rows.count, start + waveSize)])
      let first = start
      if start % loadSize == 0 {
        load = nil
        let wanted = rows[start..<min(rows.count, start + loadSize)]
        load = (start, try model.rows[side].table(of: Array(wanted), workers: workers))
      }
      guard let load else { break }
      let table = load.table
      let offset = start - load.start
      let seen = try self.seen?(wave)
      let (model, side) = (model, side)
      let outputs = try search.rank(
        count: wave.count, limit: limit, workers: workers,
        row: { model.scoringRow(side, table, offset + $0) },
        excluded: { seen?[$0] ?? [] },
        transform: { row, rankings throws(Failure) in
          (row + rankings.count, try transform(first + row, rankings))
        })
      for (done, output) in outputs { try emit(start + done, output) }
      start += wave.count
    }
  }

  /// Rows whose factors are read together, a multiple of the wave's.
  ///
  /// Those that ascend lie side by side, and a wave reads what it needs. In any other order each
  /// load may have to read all rows: then it had better be large.
  private func loadSize(_ rows: [UInt32], _ waveSize: Int) -> Int {
    guard !zip(rows, rows.dropFirst()).allSatisfy(<=) else { return waveSize }
    let rowByteCount = FactorTable.stride(rank: model.rank, hasBias: model.hasBias) * 4
    return max(1, (64 << 20) / (rowByteCount * waveSize)) * waveSize
  }
}
