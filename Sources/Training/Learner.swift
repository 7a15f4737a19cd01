import BlockMatrix
import FactorExchange
import Kernels
import LeastSquares

/// What an iteration came to.
package struct IterationOutcome: Sendable, Equatable {
  /// The whole objective, exact.
  package let objective: Double
  /// Root mean squared error over the training ratings; nothing for implicit feedback.
  package let rmse: Double?
}

/// What the coordinator trains: the factors, and one of two ways to improve them.
enum Learner {
  case alternating(AlternatingLearner)
  case stochastic(StochasticLearner)

  /// - Parameter factors: Those to go on from; nothing begins with the seed's.
  init(
    _ source: RatingBlockSource, hyperparameters: Hyperparameters, kernels: KernelSet,
    workers: Int, exchange: any FactorExchange, factors: PerSide<FactorTable>?
  ) throws(Failure) {
    let mean = hyperparameters.hasBias ? try source.mean(workers: workers) : 0
    switch hyperparameters.algorithm {
    case .als:
      self = .alternating(
        try AlternatingLearner(
          source, hyperparameters: hyperparameters, mean: mean, kernels: kernels,
          workers: workers, exchange: exchange, factors: factors))
    case .sgd(let settings):
      self = .stochastic(
        try StochasticLearner(
          source, settings: settings, hyperparameters: hyperparameters, mean: mean,
          kernels: kernels, workers: workers, factors: factors))
    }
  }

  var factors: PerSide<FactorTable> {
    switch self {
    case .alternating(let learner): learner.factors
    case .stochastic(let learner): learner.factors
    }
  }

  /// Whether it holds all ratings in memory by itself.
  var keepsRatings: Bool {
    if case .stochastic = self { true } else { false }
  }

  /// μ; 0 without biases.
  var mean: Double {
    switch self {
    case .alternating(let learner): learner.mean
    case .stochastic(let learner): learner.mean
    }
  }
}
