import BlockMatrix
import BlockStore
import FactorExchange
import LeastSquares
import Workers

/// The training ratings, block by block: read for each phase, or kept decoded where memory allows.
package final class RatingBlockSource: Sendable {
  package let grids: PerSide<BlockGrid>
  /// What this process holds of both sides.
  package let territory: Territory
  /// The training ratings of each row that this process owns.
  package let counts: PerSide<[UInt32]>
  package let ratingCount: Int
  /// The ratings of each block: what its phase costs.
  package let blockRatingCounts: PerSide<[Int]>
  /// The different columns of each block: the rows that a broadcast has to bring to it.
  package let routes: PerSide<[Int]>
  private let partition: Partition
  private let mask: FoldMask?
  private let kept: Locked<PerSide<[Int: RatingBlock]>>?

  /// All ratings of a partition.
  ///
  /// - Parameter keeps: Whether a block stays in memory once it has been read.
  package convenience init(_ partition: Partition, keeps: Bool) throws(Failure) {
    self.init(
      partition,
      RankSurvey(
        territory: Territory(whole: partition.facts.grids),
        counts: try partition.readIds().map(\.counts)), keeps: keeps)
  }

  /// The ratings of the blocks that a rank owns; of several ranks, rows are counted from its first,
  /// and columns among the rows that it refers to.
  package convenience init(_ partition: Partition, _ survey: RankSurvey, keeps: Bool) {
    self.init(
      partition, survey.territory, mask: nil, keeps: keeps, counts: survey.counts,
      blockRatingCounts: partition.facts.shards.map { $0.map(\.ratingCount) })
  }

  /// The ratings of a partition that a fold trains on.
  ///
  /// - Complexity: O(ratings), divided by the workers: counts are made anew.
  package convenience init(
    _ partition: Partition, mask: FoldMask, keeps: Bool, workers: Int
  ) throws(Failure) {
    let rows = try PerSide { side throws(Failure) in
      try Parallel.map(partition.facts.grids[side].blockCount, workers: workers) {
        number throws(Failure) in
        let block = mask.training(try partition.readBlock(number, of: side))
        return (0..<block.rowCount).map { UInt32(block.ratings(ofRow: $0).count) }
      }
    }
    self.init(
      partition, Territory(whole: partition.facts.grids), mask: mask, keeps: keeps,
      counts: rows.map { $0.flatMap(\.self) },
      blockRatingCounts: rows.map { $0.map { $0.reduce(0) { $0 + Int($1) } } })
  }

  private init(
    _ partition: Partition, _ territory: Territory, mask: FoldMask?, keeps: Bool,
    counts: PerSide<[UInt32]>, blockRatingCounts: PerSide<[Int]>
  ) {
    let facts = partition.facts
    grids = facts.grids
    self.territory = territory
    self.counts = counts
    ratingCount = blockRatingCounts.user.reduce(0, +)
    self.blockRatingCounts = blockRatingCounts
    routes = facts.shards.map { $0.map(\.distinctColumnCount) }
    self.partition = partition
    self.mask = mask
    kept = keeps ? Locked(PerSide(user: [:], item: [:])) : nil
  }

  /// A block that this process owns, from memory or from its shard; any thread.
  package func block(_ block: Int, of side: Side) throws(Failure) -> RatingBlock {
    if let ready = kept?.withLock({ $0[side][block] }) { return ready }
    let read = territory.localised(try readWhole(block, of: side))
    kept?.withLock { $0[side][block] = read }
    return read
  }

  /// A block whoever owns it: its rows and columns are indices of the whole sides; any thread.
  package func wholeBlock(_ block: Int, of side: Side) throws(Failure) -> RatingBlock {
    territory.wanted == nil
      ? try self.block(block, of: side) : try readWhole(block, of: side)
  }

  private func readWhole(_ block: Int, of side: Side) throws(Failure) -> RatingBlock {
    let read = try partition.readBlock(block, of: side)
    return mask.map { $0.training(read) } ?? read
  }

  /// The mean of all values, or of a term of each: rows are summed in Double, and their sums in the
  /// order of the users.
  ///
  /// - Complexity: O(ratings), divided by the workers.
  package func mean(
    workers: Int, ranks: Ranks = .alone,
    of term: @escaping @Sendable (Double) -> Double = { $0 }
  ) throws(Failure) -> Double {
    let blocks = territory.shares.user.blocks
    let sums = try Parallel.map(blocks.count, workers: workers) {
      [self] position throws(Failure) in
      ratingSums(of: try block(blocks.lowerBound + position, of: .user), term: term)
    }
    let sum = try ranks.fold([0]) { [sums.reduce($0[0]) { $1.reduce($0, +) }] }[0]
    return ratingCount > 0 ? sum / Double(ratingCount) : 0
  }

  /// The ratings that the fold keeps back, in the order of (user, item).
  ///
  /// - Complexity: O(ratings), divided by the workers.
  package func heldOut(workers: Int) throws(Failure) -> HoldoutRatings {
    guard let mask else { return HoldoutRatings() }
    let parts = try Parallel.map(grids.user.blockCount, workers: workers) {
      [self] number throws(Failure) in
      let block = mask.heldOut(try partition.readBlock(number, of: .user))
      var held = HoldoutRatings()
      for row in 0..<block.rowCount {
        for position in block.ratings(ofRow: row) {
          held.users.append(UInt32(block.firstIndex + row))
          held.items.append(block.columns[position])
          held.values.append(block.value(at: position))
        }
      }
      return held
    }
    return HoldoutRatings(
      users: parts.flatMap(\.users), items: parts.flatMap(\.items), values: parts.flatMap(\.values))
  }
}
