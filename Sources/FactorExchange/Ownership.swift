import BlockMatrix

/// The run of blocks of a side that one rank owns: it holds their rows, and solves them.
package struct Share: Sendable, Equatable {
  package let blocks: Range<Int>
  package let indices: Range<Int>

  package init(blocks: Range<Int>, of grid: BlockGrid) {
    self.blocks = blocks
    indices = grid.starts[blocks.lowerBound]..<grid.starts[blocks.upperBound]
  }
}

/// Which rank owns what: a function of the grids, the costs of their blocks, and the number of
/// ranks alone, so that any number of ranks goes on with what any other has written.
package struct Ownership: Sendable, Equatable {
  /// By rank, in the order of the indices.
  package let shares: PerSide<[Share]>

  /// Cuts both sides into runs of about equal cost, each of at least one block.
  ///
  /// - Parameter costs: What solving each block costs, in any unit.
  /// - Throws: `.usage` where there are more ranks than blocks of a side.
  package init(
    _ grids: PerSide<BlockGrid>, costs: PerSide<[Double]>, rankCount: Int
  ) throws(Failure) {
    var shares = PerSide(user: [Share](), item: [Share]())
    for side in Side.allCases {
      let grid = grids[side]
      guard grid.blockCount >= rankCount else {
        throw Failure(
          .usage, "\(rankCount) ranks cannot share \(grid.blockCount) \(side.rawValue) blocks",
          hint: "start fewer ranks, or partition with --\(side.rawValue)-blocks \(rankCount)"
            + " or more")
      }
      shares[side] = Self.runs(costs[side], rankCount: rankCount).map {
        Share(blocks: $0, of: grid)
      }
    }
    self.shares = shares
  }

  /// Cuts blocks, of which there are no fewer than ranks, into runs of about equal cost.
  package static func runs(_ costs: [Double], rankCount: Int) -> [Range<Int>] {
    var before = [0.0]
    for cost in costs { before.append(before[before.count - 1] + cost) }
    let total = before[costs.count]
    var starts = [0]
    for rank in 1..<max(1, rankCount) {
      let wanted = total * Double(rank) / Double(rankCount)
      // Everybody gets a block, also those that come after.
      let (first, last) = (starts[rank - 1] + 1, costs.count - (rankCount - rank))
      var start = first
      while start < last, wanted - before[start] > before[start + 1] - wanted { start += 1 }
      starts.append(start)
    }
    return zip(starts, starts.dropFirst() + [costs.count]).map { $0..<$1 }
  }

  /// The rank that owns an index.
  ///
  /// - Complexity: O(log ranks).
  package func owner(of index: Int, _ side: Side) -> Int {
    let shares = shares[side]
    var (low, high) = (0, shares.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if shares[middle].indices.lowerBound <= index { low = middle } else { high = middle }
    }
    return low
  }
}
