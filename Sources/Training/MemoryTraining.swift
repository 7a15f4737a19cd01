import BlockMatrix
import FactorExchange
import Kernels
import Workers

/// A model that was trained without being written down: a point of a cross-validation.
package struct TrainedFactors: Sendable {
  package let factors: PerSide<FactorTable>
  /// μ; 0 without biases.
  package let mean: Double
  package let iterations: Int

  /// Trains until the iterations are done or the objective settles.
  ///
  /// - Parameters:
  ///   - source: The ratings to train on.
  ///   - tolerance: Ends the training when an iteration lowers the objective by less than this
  ///     share of it.
  ///   - start: Factors to begin with, which are overwritten; nothing for those of the seed.
  /// - Returns: Nothing where a stop request came in between.
  package static func train(
    _ source: RatingBlockSource, hyperparameters: Hyperparameters, iterations: Int,
    tolerance: Double, kernels: KernelSet, workers: Int, from start: PerSide<FactorTable>?,
    stop: StopRequest
  ) throws(Failure) -> TrainedFactors? {
    let learner = try Learner(
      source, hyperparameters: hyperparameters, kernels: kernels, workers: workers,
      exchange: SharedMemoryExchange(), factors: start)
    var before: Double?
    for iteration in 1...max(1, iterations) {
      guard let objective = try Self.iterate(learner, iteration, stop) else { return nil }
      if let before, before - objective < tolerance * before {
        return TrainedFactors(
          factors: learner.factors, mean: learner.mean, iterations: iteration)
      }
      before = objective
    }
    return TrainedFactors(factors: learner.factors, mean: learner.mean, iterations: iterations)
  }

  /// One iteration; the objective after it.
  private static func iterate(
    _ learner: Learner, _ iteration: Int, _ stop: StopRequest
  ) throws(Failure) -> Double? {
    switch learner {
    case .stochastic(let learner): return try learner.run(epoch: iteration, stop: stop)?.objective
    case .alternating(let learner):
      guard
        try learner.solve(.item, iteration: iteration, stop: stop, progress: { _ in }) != nil
      else { return nil }
      return try learner.solve(.user, iteration: iteration, stop: stop, progress: { _ in })?
        .objective
    }
  }
}
