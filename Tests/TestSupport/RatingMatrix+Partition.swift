import BlockMatrix
import BlockStore

extension RatingMatrix {
  /// Writes the ratings as a partition with the given blocks a side.
  ///
  /// - Parameters:
  ///   - holdout: Ratings kept back; they are not among ``ratings``.
  ///   - ids: `nil` for ids made of the indices.
  @discardableResult
  package func partition(
    at directory: String, userBlocks: Int = 1, itemBlocks: Int = 1, holdout: HoldoutRatings? = nil,
    ids: PerSide<IdTable>? = nil
  ) throws(Failure) -> Partition {
    let fileSystem = PosixFileSystem()
    let writer = try PartitionWriter(directory, in: fileSystem)
    let grids = PerSide(
      user: grid(.user, blockCount: userBlocks), item: grid(.item, blockCount: itemBlocks))
    for side in Side.allCases {
      for block in blocks(side, grid: grids[side]) { try writer.write(block) }
      try writer.writeIds(ids?[side] ?? idTable(side), side: side)
    }
    if let holdout {
      try writer.writeHoldout(holdout, fraction: 0.1, seed: 1, unknownPairs: 0)
    }
    _ = try writer.commit(grids: grids, valuesGiven: true, duplicates: "error")
    return try Partition.open(directory, in: fileSystem)
  }
}
