import BlockMatrix
import BlockStore
import Ranking

/// Compares models by k-fold cross-validation over one partition.
///
/// What a model comes to in a fold follows from the ratings, the fold, the settings here and the
/// model alone: each begins anew, whichever others are measured, and in whatever order.
package struct CrossValidation: Sendable {
  /// What is measured on the ratings that a fold keeps back.
  package enum Metric: Sendable, Equatable {
    /// Root mean squared error; clipped to the scale seen in training or not.
    case rmse(clip: Bool)
    case ranking(RankingMetric)

    package var name: String {
      switch self {
      case .rmse: "rmse"
      case .ranking(let metric): metric.name
      }
    }
    package var higherIsBetter: Bool {
      if case .ranking = self { true } else { false }
    }
  }

  package let foldCount: Int
  package let seed: UInt64
  /// When each training ends.
  package let rules: RunSettings
  package let metric: Metric
  package let workers: Int

  /// - Throws: `.usage` where there cannot be so many folds, or such a rule.
  package init(
    foldCount: Int = 5, seed: UInt64 = 0, iterations: Int = 15, tolerance: Double = 1e-4,
    metric: Metric = .rmse(clip: false), workers: Int
  ) throws(Failure) {
    guard (2...100).contains(foldCount) else {
      throw Failure(.usage, setting: "folds", "\(foldCount) is not between 2 and 100")
    }
    self.foldCount = foldCount
    self.seed = seed
    rules = try RunSettings(iterations: iterations, tolerance: tolerance)
    self.metric = metric
    self.workers = workers
  }

  /// The same with fewer iterations: to tell at little cost what is not worth more.
  func shortened(to iterations: Int) throws(Failure) -> CrossValidation {
    try CrossValidation(
      foldCount: foldCount, seed: seed, iterations: iterations,
      tolerance: rules.tolerance ?? 1e-4, metric: metric, workers: workers)
  }

  /// Everything that decides what a model comes to in a fold.
  func key(
    _ point: Hyperparameters, fold: Int, of partition: PartitionFacts
  ) -> [(String, JSONText)] {
    [
      ("ratings", .string(partition.digest)), ("folds", .int(foldCount)),
      // As text: many readers of JSON round numbers of 64 bits.
      ("foldSeed", .string(String(seed))), ("fold", .int(fold)),
      ("iterations", .int(rules.iterations)), ("tolerance", .number(rules.tolerance)),
      ("metric", .string(metric.name)), ("clip", .bool(metric == .rmse(clip: true))),
      ("settings", .words(point.settings)),
    ]
  }
}

/// What a model came to on the ratings that a fold keeps back.
package struct FoldValue: Sendable, Equatable {
  /// As `evaluate` measures it; `nil` where training diverged.
  package let value: Double?
  /// The same over the pairs of users and items that the fold trains on: those that every model
  /// predicts.
  package let known: Double?
  /// The pairs that the fold keeps back.
  package let pairs: Int
  /// Those of them whose user or item the fold has no rating of to train on.
  package let coldPairs: Int

  package init(value: Double?, known: Double?, pairs: Int, coldPairs: Int) {
    self.value = value.flatMap { $0.isFinite ? $0 : nil }
    self.known = known.flatMap { $0.isFinite ? $0 : nil }
    self.pairs = pairs
    self.coldPairs = coldPairs
  }
}
