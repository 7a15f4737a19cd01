import BlockMatrix
import FactorExchange
import Kernels
import Workers

/// What the loop drives: the factors, and one of the ways to improve them.
///
/// A learner knows nothing of files, of other iterations, nor of when to stop.
package protocol Learner: AnyObject {
  /// The rows that this process owns; alone, all of them.
  var factors: PerSide<FactorTable> { get }
  /// The items that this process refers to, after an iteration; alone, all of them.
  var referredItems: FactorTable { get }
  /// μ; 0 without biases.
  var mean: Double { get }
  /// Whether it holds all ratings in memory by itself.
  var keepsRatings: Bool { get }
  /// The sides that each phase of an iteration moves.
  ///
  /// What a phase does not move may be written to disk meanwhile.
  var phases: [[Side]] { get }
  /// What to do where the numbers grow out of all bounds.
  var divergenceHint: String { get }

  /// Runs one phase of an iteration, counted from 1.
  ///
  /// - Returns: What it came to; `nil` where a stop request came in between, and the sides that the
  ///   phase moves are of no more use.
  func run(
    phase: Int, of iteration: Int, stop: StopRequest,
    progress: @escaping @Sendable (PhaseProgress) -> Void
  ) throws(Failure) -> PhaseReport?
}

/// Makes the learner that a model's algorithm wants.
///
/// - Parameters:
///   - ranks: Who trains together, each with the ratings that it owns.
///   - ownership: Who owns what; `nil` in one process alone.
///   - factors: The rows to go on from, of those that this process owns; `nil` begins with the
///     seed's.
///   - isNew: Which of the rows to go on from have still to be found; `nil` where none has.
/// - Throws: `.memory`, or whatever reading the ratings meets.
func makeLearner(
  _ source: RatingBlockSource, hyperparameters: Hyperparameters, kernels: KernelSet, workers: Int,
  ranks: Ranks = .alone, ownership: Ownership? = nil, factors: PerSide<FactorTable>?,
  isNew: PerSide<[Bool]>? = nil
) throws(Failure) -> any Learner {
  let mean = hyperparameters.hasBias ? try source.mean(workers: workers, ranks: ranks) : 0
  func alternating() throws(Failure) -> AlternatingLearner {
    let learner = try AlternatingLearner(
      source, hyperparameters: hyperparameters, mean: mean, kernels: kernels, workers: workers,
      ranks: ranks, ownership: ownership, factors: factors)
    if let isNew { try learner.foldIn(isNew) }
    return learner
  }
  switch hyperparameters.algorithm {
  case .als: return try alternating()
  case .sgd(let settings):
    // What is new is solved in any case: steps from zero would lead nowhere.
    let factors = isNew == nil ? factors : try alternating().factors
    return try StochasticLearner(
      source, settings: settings, hyperparameters: hyperparameters, mean: mean, kernels: kernels,
      workers: workers, ranks: ranks, ownership: ownership, factors: factors)
  }
}
