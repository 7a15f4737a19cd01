import BlockMatrix

/// Which ratings a fold of the cross-validation keeps back: a hash of the pair decides.
///
/// One partition serves all folds, and a rating's fold depends on its user, its item and the seed
/// alone.
package struct FoldMask: Sendable, Equatable {
  package let fold: Int
  package let foldCount: Int
  package let seed: UInt64

  package init(fold: Int, of foldCount: Int, seed: UInt64) {
    precondition(foldCount >= 2 && (0..<foldCount).contains(fold))
    self.fold = fold
    self.foldCount = foldCount
    self.seed = seed
  }

  /// Whether the rating of this pair is kept back.
  package func holdsOut(user: UInt32, item: UInt32) -> Bool {
    let pair = UInt64(user) << 32 | UInt64(item)
    let hash = SplitMix64.mix(SplitMix64.mix(seed) ^ pair)
    return hash.multipliedFullWidth(by: UInt64(foldCount)).high == UInt64(fold)
  }

  /// The ratings of a block that are trained on.
  package func training(_ block: RatingBlock) -> RatingBlock {
    filter(block) { !holdsOut(user: $0, item: $1) }
  }

  /// The ratings of a block that are kept back.
  package func heldOut(_ block: RatingBlock) -> RatingBlock {
    filter(block) { holdsOut(user: $0, item: $1) }
  }

  private func filter(_ block: RatingBlock, _ keeps: (UInt32, UInt32) -> Bool) -> RatingBlock {
    var offsets = [0]
    var kept: [Int] = []
    offsets.reserveCapacity(block.rowCount + 1)
    for row in 0..<block.rowCount {
      let index = UInt32(block.firstIndex + row)
      for position in block.ratings(ofRow: row) {
        let column = block.columns[position]
        let keep = block.side == .user ? keeps(index, column) : keeps(column, index)
        if keep { kept.append(position) }
      }
      offsets.append(kept.count)
    }
    let values: RatingBlock.Values =
      switch block.values {
      case .plain(let plain): .plain(kept.map { plain[$0] })
      case .coded(let codes, let dictionary):
        .coded(codes: kept.map { codes[$0] }, dictionary: dictionary)
      }
    return RatingBlock(
      side: block.side, block: block.block, firstIndex: block.firstIndex, rowOffsets: offsets,
      columns: kept.map { block.columns[$0] }, values: values,
      distinctColumnCount: min(block.distinctColumnCount, kept.count))
  }
}
