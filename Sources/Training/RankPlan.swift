import BlockMatrix
import BlockStore
import FactorExchange
import LeastSquares
import Workers

/// Who trains what: the ownership of all ranks of a job, and what one of them reads.
package struct RankPlan: Sendable {
  /// `nil` in one process alone.
  package let ownership: Ownership?
  /// What the rank owns.
  package let shares: PerSide<Share>
  private let partition: Partition
  private let sumsAllRows: Bool
  /// Descent sends the items about itself.
  private let refersToColumns: Bool

  /// - Throws: `.usage` where there are more ranks than blocks of a side, or rows of the grid.
  package init(
    _ partition: Partition, _ hyperparameters: Hyperparameters, rank: Int, of rankCount: Int
  ) throws(Failure) {
    self.partition = partition
    sumsAllRows = hyperparameters.feedback != .explicit
    // New rows of a start are solved from them all the same.
    refersToColumns =
      hyperparameters.solver != nil || hyperparameters.values[ModelSetting.start] != nil
    let facts = partition.facts
    guard rankCount > 1 else {
      ownership = nil
      shares = Territory(whole: facts.grids).shares
      return
    }
    if case .sgd(let settings) = hyperparameters.algorithm, settings.gridSize < rankCount {
      throw Failure(
        .usage, "\(rankCount) ranks cannot share the \(settings.gridSize) rows of the grid",
        hint: "start fewer ranks, or train another model, with --grid \(rankCount) or more")
    }
    let ownership = try Ownership(
      facts.grids,
      costs: facts.shards.map { shards in
        shards.map {
          PhaseSolver.cost(
            ratings: $0.ratingCount, rows: $0.rowCount, hyperparameters: hyperparameters)
        }
      }, rankCount: rankCount)
    self.ownership = ownership
    shares = ownership.shares.map { $0[rank] }
  }

  /// Finds out what the rank refers to; reads each of its blocks once.
  ///
  /// - Parameter holdout: All that were kept back: their items are referred to as well.
  /// - Complexity: O(ratings of its blocks), divided by the workers.
  package func survey(holdout: HoldoutRatings, workers: Int) throws(Failure) -> RankSurvey {
    let grids = partition.facts.grids
    guard ownership != nil else {
      return RankSurvey(
        territory: Territory(whole: grids), counts: try partition.readIds().map(\.counts))
    }
    let wanted = grids.map { Monitor(WantedRows(rowCount: $0.rowCount)) }
    let counts = try PerSide { side throws(Failure) in
      let blocks = shares[side].blocks
      return try Parallel.map(blocks.count, workers: workers) { position throws(Failure) in
        let block = try partition.readBlock(blocks.lowerBound + position, of: side)
        if refersToColumns { wanted[side.opposite].withLock { $0.insert(block.columns) } }
        return (0..<block.rowCount).map { UInt32(block.ratings(ofRow: $0).count) }
      }.flatMap(\.self)
    }
    let heldOut = holdout.items[holdout.positions(ofUsers: shares.user.indices)]
    let numbered = PerSide { side in
      wanted[side].withLock { wanted in
        if side == .item { wanted.insert(heldOut) }
        if sumsAllRows {
          wanted.insert(
            ScatteredSide.rowsBehind(shares[side].indices, rowCount: grids[side].rowCount)
              .map { UInt32($0) })
        }
        wanted.number()
        return wanted
      }
    }
    return RankSurvey(territory: Territory(shares: shares, wanted: numbered), counts: counts)
  }
}

/// What a rank has found in the blocks that it owns.
package struct RankSurvey: Sendable {
  package let territory: Territory
  /// The ratings of each row that it owns.
  package let counts: PerSide<[UInt32]>
}
