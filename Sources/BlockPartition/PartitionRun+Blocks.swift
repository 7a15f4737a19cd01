import BlockMatrix
import BlockStore
import RatingInput
import Workers

// From settled pairs to shards: final indices, users' blocks, and from them items' blocks.
extension PartitionRun {
  struct WrittenBlocks {
    let grids: PerSide<BlockGrid>
    let spilledByteCount: Int
  }

  func writeBlocks<Row: NumberedRating>(
    _ pairs: ResolvedRows<Row>, _ ids: PerSide<IdTable>, _ counts: RatingCounts, _ work: Int?
  ) throws(Failure) -> WrittenBlocks {
    let numberings = try Parallel.map(2, workers: settings.workers) { number in
      let side = Side.allCases[number]
      return Numbering(ids[side], counts: counts.counts[side])
    }
    let indices = PerSide(user: numberings[0], item: numberings[1])
    guard indices.user.table.count > 0 else { throw nothingLeft() }
    let blocks = try PerSide { side throws(Failure) in
      try BlockPlan(
        counts: indices[side].table.counts, wanted: settings.blockCounts[side], work: work,
        workers: settings.workers, side: side)
    }
    for side in Side.allCases { try writer.writeIds(indices[side].table, side: side) }

    let byUser: RowStore<RatingRow> = makeStore("users")
    let heldOut: RowStore<RatingRow> = makeStore("holdout")
    // The hold-out is written in one piece, beside the ratings that are held then.
    if let work {
      budget.setLimit(memory.heldByteCount(besideHoldoutOf: counts.heldOutCount, work: work))
    }
    let unknownPairs = try number(
      pairs, indices, counts, blocks.user.grid, into: byUser, heldOut: heldOut)
    // They are all in the other stores: their disk is wanted for what comes.
    try pairs.store.remove()
    if let rule = settings.holdout {
      try writeHoldout(heldOut, rule, counts, indices, unknownPairs: unknownPairs)
    }
    budget.setLimit(work)
    let byItem: RowStore<RatingRow> = makeStore("items")
    try writeUsers(byUser, blocks, indices, into: byItem)
    try byUser.remove()
    try writeItems(byItem, blocks, indices)
    try byItem.remove()
    return WrittenBlocks(
      grids: blocks.map(\.grid),
      spilledByteCount: byUser.spilledByteCount + byItem.spilledByteCount
        + heldOut.spilledByteCount)
  }

  private func nothingLeft() -> Failure {
    let hasMinimum = settings.minimumRatings.user > 1 || settings.minimumRatings.item > 1
    return Failure(
      .data, "no rating is left for training",
      hint: hasMinimum
        ? "lower --min-user-ratings or --min-item-ratings"
        : settings.holdout?.needsTimes == true
          ? "choose a later --holdout-from" : "lower --holdout, or change --seed")
  }

  /// Gives ratings their final indices, cuts them by users' blocks, and puts the hold-out aside.
  ///
  /// - Returns: How many held-out pairs have an id without a training rating.
  private func number<Row: NumberedRating>(
    _ pairs: ResolvedRows<Row>, _ indices: PerSide<Numbering>, _ counts: RatingCounts,
    _ grid: BlockGrid, into byUser: RowStore<RatingRow>, heldOut: RowStore<RatingRow>
  ) throws(Failure) -> Int {
    let blocks = grid.blockNumbers()
    let unknownPairs = try Parallel.map(pairs.store.cellCount, workers: pairs.workers) {
      cell throws(Failure) -> Int in
      try settings.stop.check()
      var held = HeldOut()
      var rows = try pairs.store.rows(ofCell: cell)
      var kept = 0
      for var row in rows {
        let fate = counts.fate(row)
        guard fate != .dropped else { continue }
        let source = row.rating
        row.user = indices.user.indices[Int(row.user)]
        row.item = indices.item.indices[Int(row.item)]
        if fate == .trains {
          // In place: what trains moves up to where the others were.
          rows[kept] = row
          kept += 1
        } else {
          held.add(row.rating, from: source)
        }
      }
      rows.removeLast(rows.count - kept)
      // One cell for all, its pieces in the order of the cells: the same, whichever worker came
      // first.
      try heldOut.append(held.rows, bounds: [0, held.rows.count], order: cell)
      let cut = RowSort.cut(Row.timeless(rows), into: grid.blockCount) { Int(blocks[Int($0.user)]) }
      try byUser.append(cut.rows, bounds: cut.bounds, order: cell)
      return held.unknownPairs
    }
    return unknownPairs.reduce(0, +)
  }

  /// The held-out ratings of a cell.
  private struct HeldOut {
    var rows: [RatingRow] = []
    var unknownPairs = 0
    private var lastUnknown: RatingRow?

    /// - Parameter source: The rating under its provisional numbers, by which a pair's ratings are
    ///   neighbours.
    mutating func add(_ row: RatingRow, from source: RatingRow) {
      if row.user != Numbering.unknown && row.item != Numbering.unknown {
        rows.append(row)
      } else if lastUnknown?.user != source.user || lastUnknown?.item != source.item {
        lastUnknown = source
        unknownPairs += 1
      }
    }
  }

  private func writeHoldout(
    _ heldOut: RowStore<RatingRow>, _ rule: HoldoutRule, _ counts: RatingCounts,
    _ indices: PerSide<Numbering>, unknownPairs: Int
  ) throws(Failure) {
    let ratings = Self.holdoutRatings(
      RowSort.byUserAndItem(
        try heldOut.rows(ofCell: 0), users: 0..<indices.user.table.count,
        itemCount: indices.item.table.count))
    try heldOut.remove()
    switch rule {
    case .share(let share):
      try writer.writeHoldout(
        ratings, fraction: share.fraction, seed: share.seed, unknownPairs: unknownPairs)
    case .last(let count):
      try writer.writeHoldout(
        ratings, fraction: counts.heldOutShare, last: count, unknownPairs: unknownPairs)
    case .from(let time):
      try writer.writeHoldout(
        ratings, fraction: counts.heldOutShare, from: time, unknownPairs: unknownPairs)
    }
  }

  /// By columns; the rows are given up for them.
  private static func holdoutRatings(_ rows: consuming [RatingRow]) -> HoldoutRatings {
    HoldoutRatings(users: rows.map(\.user), items: rows.map(\.item), values: rows.map(\.value))
  }

  private func writeUsers(
    _ byUser: RowStore<RatingRow>, _ plans: PerSide<BlockPlan>, _ indices: PerSide<Numbering>,
    into byItem: RowStore<RatingRow>
  ) throws(Failure) {
    let grid = plans.user.grid
    let itemBlocks = plans.item.grid.blockNumbers()
    let itemBlockCount = plans.item.grid.blockCount
    let itemCount = indices.item.table.count
    _ = try Parallel.map(grid.blockCount, workers: plans.user.workers) { block throws(Failure) in
      try settings.stop.check()
      let users = grid.indices(ofBlock: block)
      let rows = RowSort.byUserAndItem(
        try byUser.rows(ofCell: block), users: users, itemCount: itemCount)
      try writer.write(
        BlockBuilder.block(
          rows, side: .user, number: block, indices: users, columnCount: itemCount))
      let cut = RowSort.cut(rows, into: itemBlockCount) { Int(itemBlocks[Int($0.item)]) }
      // Cut from rows that are sorted already: so items' blocks need one sort, not two.
      try byItem.append(cut.rows, bounds: cut.bounds, order: block)
      report(block, of: plans)
    }
  }

  private func writeItems(
    _ byItem: RowStore<RatingRow>, _ plans: PerSide<BlockPlan>, _ indices: PerSide<Numbering>
  ) throws(Failure) {
    let grid = plans.item.grid
    let userCount = indices.user.table.count
    _ = try Parallel.map(grid.blockCount, workers: plans.item.workers) { block throws(Failure) in
      try settings.stop.check()
      let items = grid.indices(ofBlock: block)
      // Cells come in the order of the users' blocks, each sorted by user: so users ascend.
      let rows = RowSort.byItem(try byItem.rows(ofCell: block), items: items)
      try writer.write(
        BlockBuilder.block(
          rows, side: .item, number: block, indices: items, columnCount: userCount))
      report(plans.user.grid.blockCount + block, of: plans)
    }
  }

  private func report(_ block: Int, of plans: PerSide<BlockPlan>) {
    progress(
      PartitionProgress(
        stage: .writing, done: block + 1,
        total: plans.user.grid.blockCount + plans.item.grid.blockCount, rowCount: 0))
  }
}
