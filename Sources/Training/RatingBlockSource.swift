import BlockMatrix
import BlockStore
import Workers

/// The training ratings, block by block: read for each phase, or kept decoded where memory allows.
package final class RatingBlockSource: Sendable {
  package let grids: PerSide<BlockGrid>
  /// The training ratings of each index.
  package let counts: PerSide<[UInt32]>
  package let ratingCount: Int
  /// The ratings of each block: what its phase costs.
  package let blockRatingCounts: PerSide<[Int]>
  /// The different columns of each block: the rows that a broadcast has to bring to it.
  package let routes: PerSide<[Int]>
  private let partition: Partition
  private let kept: Locked<PerSide<[Int: RatingBlock]>>?

  /// - Parameter keeps: Whether a block stays in memory once it has been read.
  package init(_ partition: Partition, keeps: Bool) throws(Failure) {
    let facts = partition.facts
    grids = facts.grids
    counts = PerSide(
      user: try partition.readIds(.user).counts, item: try partition.readIds(.item).counts)
    ratingCount = facts.ratingCount
    blockRatingCounts = PerSide(
      user: facts.shards.user.map(\.ratingCount), item: facts.shards.item.map(\.ratingCount))
    routes = PerSide(
      user: facts.shards.user.map(\.distinctColumnCount),
      item: facts.shards.item.map(\.distinctColumnCount))
    self.partition = partition
    kept = keeps ? Locked(PerSide(user: [:], item: [:])) : nil
  }

  /// A block, from memory or from its shard; any thread.
  package func block(_ block: Int, of side: Side) throws(Failure) -> RatingBlock {
    if let ready = kept?.withLock({ $0[side][block] }) { return ready }
    let read = try partition.readBlock(block, of: side)
    kept?.withLock { $0[side][block] = read }
    return read
  }
}
