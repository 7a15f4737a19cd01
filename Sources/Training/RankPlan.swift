import BlockMatrix
import BlockStore
import FactorExchange
import LeastSquares

/// Who trains what: the ownership of all ranks, and what this one reads.
struct RankPlan {
  /// `nil` in one process alone.
  let ownership: Ownership?
  /// What this process owns.
  let shares: PerSide<Share>
  private let ranks: Ranks
  private let sumsAllRows: Bool
  /// Descent sends the items about itself.
  private let refersToColumns: Bool

  /// - Throws: `.usage` where there are more ranks than blocks of a side, or rows of the grid.
  init(
    _ facts: PartitionFacts, _ hyperparameters: Hyperparameters, _ ranks: Ranks
  ) throws(Failure) {
    self.ranks = ranks
    sumsAllRows = hyperparameters.feedback != .explicit
    refersToColumns = hyperparameters.solver != nil
    guard !ranks.isAlone else {
      ownership = nil
      shares = Territory(whole: facts.grids).shares
      return
    }
    if case .sgd(let settings) = hyperparameters.algorithm, settings.gridSize < ranks.count {
      throw Failure(
        .usage, "\(ranks.count) ranks cannot share the \(settings.gridSize) rows of the grid",
        hint: "start fewer ranks, or train another model, with --grid \(ranks.count) or more")
    }
    let ownership = try Ownership(
      facts.grids,
      costs: facts.shards.map { shards in
        shards.map {
          PhaseSolver.cost(
            ratings: $0.ratingCount, rows: $0.rowCount, hyperparameters: hyperparameters)
        }
      }, rankCount: ranks.count)
    self.ownership = ownership
    shares = ownership.shares.map { $0[ranks.rank] }
  }

  /// The ratings that this process reads.
  ///
  /// - Parameter holdout: All that were kept back: their items are referred to as well.
  func source(
    _ partition: Partition, holdout: HoldoutRatings, keeps: Bool, workers: Int
  ) throws(Failure) -> RatingBlockSource {
    guard !ranks.isAlone else { return try RatingBlockSource(partition, keeps: keeps) }
    let users = holdout.positions(ofUsers: shares.user.indices)
    let behind = PerSide { side in
      sumsAllRows
        ? ScatteredSide.rowsBehind(
          shares[side].indices, rowCount: partition.facts.rowCount(of: side)
        ).map { UInt32($0) } : []
    }
    return try RatingBlockSource(
      partition, shares: shares, refersToColumns: refersToColumns,
      besides: PerSide(user: behind.user, item: behind.item + holdout.items[users]), keeps: keeps,
      workers: workers)
  }
}
