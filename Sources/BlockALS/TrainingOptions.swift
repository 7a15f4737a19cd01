import BlockMatrix
import Training

/// How a model is trained.
public struct TrainingOptions: Sendable {
  /// What λ is multiplied by in the objective.
  public enum RegularizationScaling: Sendable {
    /// λ times the row's number of ratings (ALS-WR).
    case count
    /// λ alone.
    case none
  }

  /// Factors per user and item, from 1 to 4096.
  public var rank: Int
  /// λ, not negative.
  public var regularization: Double
  /// What λ is multiplied by.
  public var regularizationScaling: RegularizationScaling
  /// The seed of the initial factors.
  public var seed: UInt64
  /// Iterations of the finished model, those before an interruption included.
  public var iterations: Int
  /// Stop when an iteration lowers the objective by less than this share of it.
  public var tolerance: Double?
  /// Threads that solve at once.
  ///
  /// The model does not depend on it.
  public var workers: Int
  /// Bytes to hold at most; nothing takes what is needed.
  ///
  /// The model does not depend on it.
  public var memory: Int?
  /// A generation is written after every so many iterations, and after the last.
  public var checkpointInterval: Int
  /// Throw away a model that is there already.
  public var fresh: Bool

  /// The defaults of the command.
  public init(
    rank: Int = 64, regularization: Double = 0.1,
    regularizationScaling: RegularizationScaling = .count, seed: UInt64 = 0, iterations: Int = 15,
    tolerance: Double? = nil, workers: Int = 1, memory: Int? = nil, checkpointInterval: Int = 1,
    fresh: Bool = false
  ) {
    self.rank = rank
    self.regularization = regularization
    self.regularizationScaling = regularizationScaling
    self.seed = seed
    self.iterations = iterations
    self.tolerance = tolerance
    self.workers = workers
    self.memory = memory
    self.checkpointInterval = checkpointInterval
    self.fresh = fresh
  }

  func hyperparameters() throws(Failure) -> Hyperparameters {
    try Hyperparameters(
      rank: rank, regularization: regularization,
      regularizationScaling: regularizationScaling == .count
        ? .count : .unscaled,
      seed: seed)
  }

  func settings() throws(Failure) -> TrainingSettings {
    try TrainingSettings(
      stopping: StoppingRules(iterations: iterations, tolerance: tolerance), workers: workers,
      memory: memory, checkpointInterval: checkpointInterval, fresh: fresh)
  }
}

/// What an iteration came to.
public struct IterationSummary: Sendable, Equatable {
  /// The iteration, from 1.
  public let iteration: Int
  /// The whole objective, exact, after both phases.
  public let objective: Double
  /// Root mean squared error over the training ratings; nothing for implicit feedback.
  public let rmse: Double?
  /// Root mean squared error over the ratings that are held out; nothing where there are none.
  public let holdoutRmse: Double?
  /// Wall time.
  public let seconds: Double
}
