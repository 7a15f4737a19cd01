import BlockMatrix
import BlockStore
import RatingInput
import Workers

// From text to settled pairs: each user's ratings come together, and duplicates are dealt with.
extension PartitionRun {
  struct ResolvedRows<Row: NumberedRating> {
    /// By provisional numbers, in cells of users; sorted by user and item.
    let store: RowStore<Row>
    /// How many workers may have a cell in memory at once.
    let workers: Int
    let mergedRowCount: Int
    let spilledByteCount: Int
  }

  func resolve<Row: NumberedRating>(
    _ text: TextRows<Row>, _ ids: PerSide<IdTable>, _ work: Int?
  ) throws(Failure) -> ResolvedRows<Row> {
    // All ratings of a user meet in one cell, and so do those of a pair.
    let cells = try BlockPlan(
      counts: ids.user.counts, wanted: nil, work: work, workers: settings.workers, side: .user)
    let gathered: RowStore<Row> = makeStore("gathered")
    try gather(text, cells.grid, into: gathered)
    try text.store.remove()

    let store: RowStore<Row> = makeStore("pairs")
    let resolver = DuplicateResolver(policy: settings.duplicates)
    let itemCount = ids.item.count
    let rowCount = text.summary.rowCount
    let outcomes = try Parallel.map(cells.grid.blockCount, workers: cells.workers) {
      cell throws(Failure) -> CellOutcome in
      try settings.stop.check()
      let rows = RowSort.byUserAndItem(
        try gathered.rows(ofCell: cell), users: cells.grid.indices(ofBlock: cell),
        itemCount: itemCount)
      let outcome = resolver.resolve(rows)
      try store.append(outcome.rows, cell: cell)
      progress(
        PartitionProgress(
          stage: .sorting, done: cell + 1, total: cells.grid.blockCount, rowCount: rowCount))
      return CellOutcome(outcome, ids)
    }
    try gathered.remove()
    try check(outcomes, ids)
    return ResolvedRows(
      store: store, workers: cells.workers,
      mergedRowCount: outcomes.reduce(0) { $0 + $1.mergedRowCount },
      spilledByteCount: gathered.spilledByteCount + store.spilledByteCount)
  }

  /// Brings each chunk's ratings to the cells of their users.
  private func gather<Row: NumberedRating>(
    _ text: TextRows<Row>, _ grid: BlockGrid, into gathered: RowStore<Row>
  ) throws(Failure) {
    let cells = grid.blockNumbers()
    let newest = text.measure.newest ?? 0
    _ = try Parallel.map(text.store.cellCount, workers: settings.workers) {
      chunk throws(Failure) in
      try settings.stop.check()
      var rows = try text.store.rows(ofCell: chunk)
      if let halfLife = settings.halfLife {
        for index in rows.indices {
          rows[index].value = halfLife.decayed(
            rows[index].value, age: newest - rows[index].time)
        }
      }
      let cut = RowSort.cut(rows, into: grid.blockCount) { Int(cells[Int($0.user)]) }
      try gathered.append(cut.rows, bounds: cut.bounds, order: chunk)
    }
  }

  /// What remains of a cell's ``DuplicateResolver/Outcome``.
  private struct CellOutcome: Sendable {
    let mergedRowCount: Int
    let refusedRowCount: Int
    /// Of the refused pairs the first by id bytes.
    let refused: (user: UInt32, item: UInt32)?
    let overflow: (user: UInt32, item: UInt32)?

    init(_ outcome: DuplicateResolver.Outcome<some NumberedRating>, _ ids: PerSide<IdTable>) {
      mergedRowCount = outcome.mergedRowCount
      refusedRowCount = outcome.refused.rowCount
      // One is named in the end: the others need not be kept.
      refused = outcome.refused.pairs.min { ids.precedes($0, $1) }
      overflow = outcome.overflow
    }
  }

  private func check(
    _ outcomes: [CellOutcome], _ ids: PerSide<IdTable>
  ) throws(Failure) {
    // Named by the bytes of its ids, not by its cell, of which there are as many as memory demands.
    if let pair = outcomes.compactMap(\.overflow).min(by: { ids.precedes($0, $1) }) {
      throw Failure(
        .data,
        "the \(settings.duplicates.rawValue) of the ratings of user "
          + "\"\(printable(ids.user[Int(pair.user)]))\" and item "
          + "\"\(printable(ids.item[Int(pair.item)]))\" is too large for a 32-bit number",
        hint: "scale the ratings down")
    }
    guard let pair = outcomes.compactMap(\.refused).min(by: { ids.precedes($0, $1) }) else {
      return
    }
    guard given == nil else {
      throw Failure(
        .data,
        "user \"\(printable(ids.user[Int(pair.user)]))\" and item "
          + "\"\(printable(ids.item[Int(pair.item)]))\" have two ratings",
        hint: "say what counts with duplicates last, sum, mean or keep")
    }
    throw try DuplicateReport(reader: reader, added: added).failure(
      user: Array(ids.user[Int(pair.user)]), item: Array(ids.item[Int(pair.item)]),
      rowCount: outcomes.reduce(0) { $0 + $1.refusedRowCount })
  }
}

extension PerSide<IdTable> {
  /// The order of pairs by the bytes of their ids.
  func precedes(
    _ left: (user: UInt32, item: UInt32), _ right: (user: UInt32, item: UInt32)
  ) -> Bool {
    if left.user != right.user {
      return user[Int(left.user)].lexicographicallyPrecedes(user[Int(right.user)])
    }
    return item[Int(left.item)].lexicographicallyPrecedes(item[Int(right.item)])
  }
}

extension IdTable {
  /// ``StableHash/hash(_:)`` of each id.
  func stableHashes() -> [UInt64] { (0..<count).map { StableHash.hash(self[$0]) } }
}
