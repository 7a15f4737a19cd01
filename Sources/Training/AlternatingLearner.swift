import BlockMatrix
import FactorExchange
import Kernels
import LeastSquares
import Workers

/// Alternating least squares: the factors of both sides, and the phases that improve them.
///
/// Knows nothing of files: the trainer around it writes generations and decides when to stop.
package final class AlternatingLearner: Learner {
  private let source: RatingBlockSource
  private let hyperparameters: Hyperparameters
  private let kernels: KernelSet
  private let workers: Int
  private let exchange: any FactorExchange
  /// The ratings of each index, as far as the feedback counts them.
  private let counts: PerSide<[UInt32]>
  private let memory: PhaseMemory
  private var penalties = PerSide(user: 0.0, item: 0.0)
  package let factors: PerSide<FactorTable>
  /// μ; 0 without biases.
  package let mean: Double
  package var keepsRatings: Bool { false }
  package let phases: [[Side]] = [[.item], [.user]]
  package var divergenceHint: String {
    "bring the ratings to a smaller scale, or choose another --regularization"
  }

  /// - Parameter factors: Those to go on from; `nil` begins with the seed's.
  package init(
    _ source: RatingBlockSource, hyperparameters: Hyperparameters, mean: Double = 0,
    kernels: KernelSet, workers: Int, exchange: any FactorExchange = SharedMemoryExchange(),
    factors: PerSide<FactorTable>? = nil
  ) throws(Failure) {
    self.source = source
    self.hyperparameters = hyperparameters
    self.mean = mean
    self.kernels = kernels
    self.workers = workers
    self.exchange = exchange
    memory = PhaseMemory(rowCount: Side.allCases.map { source.grids[$0].rowCount }.max() ?? 0)
    if let factors {
      self.factors = factors
    } else {
      self.factors = try initialFactors(source.grids, hyperparameters: hyperparameters)
    }
    counts = try Self.counts(source, hyperparameters, workers: workers)
    for side in Side.allCases { penalties[side] = penalty(of: side) }
  }

  /// One phase: solves a side in place and broadcasts it.
  ///
  /// - Complexity: O(ratings · rank² + rows · rank³) divided by the workers.
  package func run(
    phase: Int, of iteration: Int, stop: StopRequest,
    progress: @escaping @Sendable (PhaseProgress) -> Void
  ) throws(Failure) -> PhaseReport? {
    let clock = ContinuousClock.now
    let side = phases[phase][0]
    let solver = try PhaseSolver(
      kernels: kernels, hyperparameters: hyperparameters, fixed: factors[side.opposite],
      solved: factors[side], workers: workers, mean: Float(mean), memory: memory)
    let ratingCount = source.ratingCount
    let phase = Phase(
      side: side, solver: solver, source: source, blocks: blocksByCost(side), workers: workers,
      stop: stop,
      progress: { done in
        progress(
          PhaseProgress(
            iteration: iteration, side: side, ratingsDone: done, ratingCount: ratingCount))
      })
    let outcome = try phase.run(rowCount: source.grids[side].rowCount)
    if outcome.wasStopped { return nil }
    let broadcastBytes = try exchange.broadcast(
      factors[side], of: side, routes: source.routes[side.opposite])
    let squaredError = try exchange.gather(outcome.squaredErrors, of: side).reduce(0, +)
    penalties[side] = penalty(of: side)
    return PhaseReport(
      iteration: iteration, side: side,
      objective: squaredError + penalties.user + penalties.item,
      rmse: hyperparameters.feedback == .explicit
        ? rootMeanSquare(squaredError, count: ratingCount) : nil,
      seconds: clock.seconds, ratings: ratingCount, broadcastBytes: broadcastBytes,
      fallbackRows: outcome.fallbackRows, doubleRows: outcome.doubleRows)
  }

  private static func counts(
    _ source: RatingBlockSource, _ hyperparameters: Hyperparameters, workers: Int
  ) throws(Failure) -> PerSide<[UInt32]> {
    guard hyperparameters.feedback.confidence?.convention == .spark else { return source.counts }
    return try PerSide { side throws(Failure) in
      try Parallel.map(source.grids[side].blockCount, workers: workers) { number throws(Failure) in
        countedRatings(of: try source.block(number, of: side), hyperparameters: hyperparameters)
      }.flatMap(\.self)
    }
  }

  /// The blocks that this process solves, dearest first, so that no long one is left for the end.
  private func blocksByCost(_ side: Side) -> [Int] {
    let cost = source.blockRatingCounts[side]
    return exchange.ownedBlocks(of: side, blockCount: source.grids[side].blockCount)
      .sorted { (cost[$0], $1) > (cost[$1], $0) }
  }

  private func penalty(of side: Side) -> Double {
    LeastSquares.penalty(
      factors[side], counts: counts[side], oppositeCount: counts[side.opposite].count,
      hyperparameters: hyperparameters)
  }
}
