import BlockMatrix

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
  ///   - items: The indices of the items to choose from, all different; all items where not given.
  ///   - seen: Tells which items are kept from users.
  package init(
    _ model: FactorModel, items: [UInt32]? = nil, seen: SeenSource? = nil
  ) throws(Failure) {
    self.model = model
    self.seen = seen
    search = TopSearch(
      try CandidateTiles(
        items ?? Array(0..<UInt32(model.ids.item.count)), width: model.scoringWidth
      ) { model.scoringRow(.item, $0) },
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
    var start = 0
    while start < users.count {
      let wave = Array(users[start..<min(users.count, start + waveSize)])
      let first = start
      let seen = try self.seen?(wave)
      let model = model
      let outputs = try search.rank(
        count: wave.count, limit: limit, workers: workers,
        row: { model.scoringRow(.user, Int(wave[$0])) },
        excluded: { seen?[$0] ?? [] },
        transform: { row, rankings throws(Failure) in
          (row + rankings.count, try transform(first + row, rankings))
        })
      for (done, output) in outputs { try emit(start + done, output) }
      start += wave.count
    }
  }
}
