import BlockMatrix
import FactorExchange
import Kernels
import LeastSquares
import Workers

/// Alternating least squares: the factors of both sides, and the phases that improve them.
///
/// Knows nothing of files: the trainer around it writes generations and decides when to stop.
package final class AlternatingLearner: Learner {
  let source: RatingBlockSource
  let hyperparameters: Hyperparameters
  let kernels: KernelSet
  let workers: Int
  let ranks: Ranks
  let exchange: FactorExchange
  /// The ratings of each row that this process owns, as far as the feedback counts them.
  private let counts: PerSide<[UInt32]>
  let memory: PhaseMemory
  private var penalties = PerSide(user: 0.0, item: 0.0)
  /// What this rank had sent by the end of the phase before: the first phase answers for what had
  /// to be sent before it, the rows of the side that it reads above all.
  private var reportedBytes = 0
  package let factors: PerSide<FactorTable>
  package var referredItems: FactorTable { exchange.rows(of: .item) }
  /// μ; 0 without biases.
  package let mean: Double
  package var keepsRatings: Bool { false }
  package let phases: [[Side]] = [[.item], [.user]]
  package var divergenceHint: String {
    "bring the ratings to a smaller scale, or choose another --regularization"
  }

  /// - Parameters:
  ///   - ranks: Who trains together; each calls with what it owns.
  ///   - factors: The rows to go on from, of those that this process owns; `nil` begins with the
  ///     seed's.
  package init(
    _ source: RatingBlockSource, hyperparameters: Hyperparameters, mean: Double = 0,
    kernels: KernelSet, workers: Int, ranks: Ranks = .alone, ownership: Ownership? = nil,
    factors: PerSide<FactorTable>? = nil
  ) throws(Failure) {
    self.source = source
    self.hyperparameters = hyperparameters
    self.mean = mean
    self.kernels = kernels
    self.workers = workers
    self.ranks = ranks
    let territory = source.territory
    if let factors {
      self.factors = factors
    } else {
      self.factors = try initialFactors(
        territory.shares.map(\.indices), hyperparameters: hyperparameters)
    }
    exchange = try FactorExchange(ranks, ownership, territory, own: self.factors)
    memory = PhaseMemory(
      rowCount: max(exchange.rows(of: .user).rowCount, exchange.rows(of: .item).rowCount))
    counts = try Self.counts(source, hyperparameters, workers: workers)
    for side in Side.allCases { penalties[side] = try penalty(of: side) }
    // The first phase reads the users.
    try exchange.publish(0..<self.factors.user.rowCount, of: .user)
    try exchange.complete(.user)
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
      kernels: kernels, hyperparameters: hyperparameters, fixed: exchange.rows(of: side.opposite),
      scattered: scattered(side.opposite), solved: factors[side], workers: workers,
      mean: Float(mean), memory: memory)
    let ratingCount = source.ratingCount
    let phase = Phase(
      side: side, solver: solver, source: source, exchange: exchange, blocks: blocksByCost(side),
      workers: workers, stop: stop,
      progress: { done in
        progress(
          PhaseProgress(
            iteration: iteration, side: side, ratingsDone: done, ratingCount: ratingCount))
      })
    guard let outcome = try phase.run(rowCount: factors[side].rowCount) else { return nil }
    // The errors first, then the penalty: one walk through the ranks for both.
    let sums = try ranks.fold([0, 0]) { before in
      [
        outcome.squaredErrors.reduce(before[0], +), penalty(of: side, after: before[1]),
      ]
    }
    penalties[side] = sums[1]
    let sent = ranks.sentBytes
    let totals = try ranks.totals([
      outcome.fallbackRows, outcome.doubleRows, sent - reportedBytes,
    ])
    reportedBytes = sent
    return PhaseReport(
      iteration: iteration, side: side,
      objective: sums[0] + penalties.user + penalties.item,
      rmse: hyperparameters.feedback == .explicit
        ? rootMeanSquare(sums[0], count: ratingCount) : nil,
      seconds: clock.seconds, ratings: ratingCount,
      broadcastBytes: ranks.isAlone ? bytesApart(side) : totals[2],
      fallbackRows: totals[0], doubleRows: totals[1])
  }

  /// Who holds the rows of a fixed side; `nil` where this process does.
  func scattered(_ side: Side) -> ScatteredSide? {
    guard !ranks.isAlone else { return nil }
    let (ranks, indices) = (ranks, exchange.share(of: side).indices)
    return ScatteredSide(
      rowCount: source.grids[side].rowCount, own: factors[side], indices: indices,
      behind: exchange.territory.position(of: indices.upperBound, side),
      fold: { start, step throws(Failure) in try ranks.fold(start, step) })
  }

  /// The bytes that a wire would carry with each block in a process of its own.
  private func bytesApart(_ side: Side) -> Int {
    source.routes[side.opposite].reduce(0, +) * factors[side].width * MemoryLayout<Float>.size
  }

  private static func counts(
    _ source: RatingBlockSource, _ hyperparameters: Hyperparameters, workers: Int
  ) throws(Failure) -> PerSide<[UInt32]> {
    guard hyperparameters.feedback.confidence?.convention == .spark else { return source.counts }
    return try PerSide { side throws(Failure) in
      let blocks = source.territory.shares[side].blocks
      return try Parallel.map(blocks.count, workers: workers) { position throws(Failure) in
        countedRatings(
          of: try source.block(blocks.lowerBound + position, of: side),
          hyperparameters: hyperparameters)
      }.flatMap(\.self)
    }
  }

  /// The blocks that this process solves, dearest first, so that no long one is left for the end.
  private func blocksByCost(_ side: Side) -> [Int] {
    let cost = source.blockRatingCounts[side]
    return exchange.share(of: side).blocks.sorted { (cost[$0], $1) > (cost[$1], $0) }
  }

  private func penalty(of side: Side) throws(Failure) -> Double {
    try ranks.fold([0]) { [penalty(of: side, after: $0[0])] }[0]
  }

  private func penalty(of side: Side, after before: Double) -> Double {
    LeastSquares.penalty(
      factors[side], counts: counts[side], oppositeCount: source.grids[side.opposite].rowCount,
      hyperparameters: hyperparameters, after: before)
  }
}
