import BlockMatrix
import BlockStore

/// Tells which items some users have seen: the result has a position for each of them.
package typealias SeenSource = @Sendable (_ users: [UInt32]) throws(Failure) -> SeenItems

/// Ranks items for users of a model.
package struct Recommender: Sendable {
  package let model: FactorModel
  private let search: TopSearch
  private let seen: SeenSource?

  /// Lays out the items to choose from.
  ///
  /// - Parameters:
  ///   - items: The indices of the items to choose from, all different; `nil` for all.
  ///   - seen: Tells which items are kept from users.
  package init(
    _ model: FactorModel, items: [UInt32]? = nil, seen: SeenSource? = nil
  ) throws(Failure) {
    self.model = model
    self.seen = seen
    search = TopSearch(
      try CandidateTiles(
        items ?? Array(0..<UInt32(model.ids.item.count)), width: model.scoringWidth
      ) { indices throws(Failure) in
        let table = try model.rows.item.table(of: indices)
        return indices.indices.map { model.scoringRow(.item, table, $0) }
      },
      kernels: model.kernels)
  }

  /// Ranks for users, in waves of bounded memory.
  ///
  /// - Parameters:
  ///   - users: Indices, in the order of the result.
  ///   - limit: The length of each ranking.
  ///   - transform: Turns the rankings of neighbouring positions, from the first on, into a result;
  ///     runs on the workers.
  ///   - emit: Takes the results in the order of the users, with the number of users done by then.
  package func recommend<Output: Sendable>(
    to users: [UInt32], limit: Int, workers: Int,
    transform: @escaping @Sendable (_ first: Int, [[Candidate]]) throws(Failure) -> Output,
    emit: (_ done: Int, Output) throws(Failure) -> Void
  ) throws(Failure) {
    // A wave's rankings stay in memory until they are written.
    let waveSize = max(TopSearch.batchSize, min(1 << 14, (1 << 22) / max(1, limit)))
    let loadSize = loadSize(users, waveSize)
    var load: (start: Int, table: FactorTable)?
    var start = 0
    while start < users.count {
      let wave = Array(users[start..<min(users.count, start + waveSize)])
      let first = start
      if start % loadSize == 0 {
        load = nil
        let wanted = users[start..<min(users.count, start + loadSize)]
        load = (start, try model.rows.user.table(of: Array(wanted), workers: workers))
      }
      guard let load else { break }
      let table = load.table
      let offset = start - load.start
      let seen = try self.seen?(wave)
      let model = model
      let outputs = try search.rank(
        count: wave.count, limit: limit, workers: workers,
        row: { model.scoringRow(.user, table, offset + $0) },
        excluded: { seen?[$0] ?? [] },
        transform: { row, rankings throws(Failure) in
          (row + rankings.count, try transform(first + row, rankings))
        })
      for (done, output) in outputs { try emit(start + done, output) }
      start += wave.count
    }
  }

  /// Users whose factors are read together, a multiple of the wave's.
  ///
  /// Those that ascend lie side by side, and a wave reads what it needs. In any other order each
  /// load may have to read all users: then it had better be large.
  private func loadSize(_ users: [UInt32], _ waveSize: Int) -> Int {
    guard !zip(users, users.dropFirst()).allSatisfy(<=) else { return waveSize }
    let rowByteCount = FactorTable.stride(rank: model.rank, hasBias: model.hasBias) * 4
    return max(1, (64 << 20) / (rowByteCount * waveSize)) * waveSize
  }
}
