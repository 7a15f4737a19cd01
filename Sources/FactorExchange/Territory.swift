import BlockMatrix

/// What one rank holds: the rows that it owns, and the rows that its blocks refer to.
package struct Territory: Sendable {
  package let shares: PerSide<Share>
  /// `nil` for one process alone, which holds all rows as they are.
  package let wanted: PerSide<WantedRows>?

  package init(shares: PerSide<Share>, wanted: PerSide<WantedRows>?) {
    self.shares = shares
    self.wanted = wanted
  }

  /// One process that owns everything.
  package init(whole grids: PerSide<BlockGrid>) {
    self.init(shares: grids.map { Share(blocks: 0..<$0.blockCount, of: $0) }, wanted: nil)
  }

  /// Where a row of the whole side lies among those that are referred to.
  package func position(of index: Int, _ side: Side) -> Int {
    wanted?[side].position(of: index) ?? index
  }

  /// A block whose rows are counted from the rank's first, and whose columns are positions among
  /// the rows that are referred to.
  ///
  /// Columns ascend as before, and nothing else is made of them than addresses: no sum changes.
  package func localised(_ block: RatingBlock) -> RatingBlock {
    guard let wanted = wanted?[block.side.opposite] else { return block }
    return RatingBlock(
      side: block.side, block: block.block,
      firstIndex: block.firstIndex - shares[block.side].indices.lowerBound,
      rowOffsets: block.rowOffsets,
      columns: block.columns.map { UInt32(wanted.position(of: Int($0))) }, values: block.values,
      distinctColumnCount: block.distinctColumnCount)
  }
}
