import BlockMatrix
import Training

/// How a model is trained.
public struct TrainingOptions: Sendable {
  /// What λ is multiplied by in the objective.
  public enum RegularizationScaling: Sendable {
    /// λ times the row's number of ratings (ALS-WR).
    case count
    /// λ alone.
    case unscaled
  }

  /// What a rating says.
  public enum Feedback: Sendable {
    /// How much the user likes the item.
    case explicit
    /// c = 1 + α r (Hu, Koren and Volinsky 2008).
    case implicit(alpha: Double)
    /// As Spark's `implicitPrefs`: ratings ≤ 0 have preference 0, λ counts the positive ones.
    case implicitAsSpark(alpha: Double)
    /// As the Python library implicit: α r in place of 1 + α r.
    case implicitAsLibrary(alpha: Double)
    /// iALS (Rendle et al. 2022): all cells weigh α₀, λ grows with (n + α₀N)^ν.
    case ials(unobservedWeight: Double, exponent: Double)
  }

  /// How the objective is lowered.
  public enum Algorithm: Sendable {
    /// Alternating least squares, each row solved exactly.
    case als
    /// Alternating least squares, each row by so many steps of conjugate gradients: not exact.
    case conjugateGradients(steps: Int)
    /// Stochastic gradient descent with rate η / (1 + decay (epoch − 1)) / √(1 + damping n) for a
    /// row that has made n steps; for factors divided by the size of the ratings, so that a rate
    /// means the same whatever unit they are given in.
    case sgd(learningRate: Double = 0.1, decay: Double = 0, damping: Double = 0.03)
  }

  /// Factors per user and item, from 1 to 4096; 0 for biases alone.
  public var rank: Int
  /// λ, not negative.
  public var regularization: Double
  /// What λ is multiplied by.
  ///
  /// Nothing for what the feedback has: the count for explicit feedback.
  public var regularizationScaling: RegularizationScaling?
  /// What a rating says.
  public var feedback: Feedback
  /// λ₂, the weight of the squared biases; nothing for a model without biases.
  public var biasRegularization: Double?
  /// Whether factors are held at or above zero.
  public var isNonnegative: Bool
  /// How the objective is lowered.
  public var algorithm: Algorithm
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
    regularizationScaling: RegularizationScaling? = nil, feedback: Feedback = .explicit,
    biasRegularization: Double? = nil, isNonnegative: Bool = false, algorithm: Algorithm = .als,
    seed: UInt64 = 0, iterations: Int = 15,
    tolerance: Double? = nil, workers: Int = 1, memory: Int? = nil, checkpointInterval: Int = 1,
    fresh: Bool = false
  ) {
    self.rank = rank
    self.regularization = regularization
    self.regularizationScaling = regularizationScaling
    self.feedback = feedback
    self.biasRegularization = biasRegularization
    self.isNonnegative = isNonnegative
    self.algorithm = algorithm
    self.seed = seed
    self.iterations = iterations
    self.tolerance = tolerance
    self.workers = workers
    self.memory = memory
    self.checkpointInterval = checkpointInterval
    self.fresh = fresh
  }

  func hyperparameters() throws(Failure) -> Hyperparameters {
    var scaling: BlockMatrix.RegularizationScaling?
    if let regularizationScaling {
      scaling = regularizationScaling == .count ? .count : .unscaled
    }
    return try Hyperparameters(
      rank: rank, regularization: regularization, regularizationScaling: scaling,
      seed: seed, feedback: chosenFeedback(), biasRegularization: biasRegularization,
      isNonnegative: isNonnegative, algorithm: chosenAlgorithm())
  }

  private func chosenFeedback() throws(Failure) -> BlockMatrix.Feedback {
    switch feedback {
    case .explicit: .explicit
    case .implicit(let alpha): .implicit(try Confidence(.hu, alpha: alpha))
    case .implicitAsSpark(let alpha): .implicit(try Confidence(.spark, alpha: alpha))
    case .implicitAsLibrary(let alpha): .implicit(try Confidence(.implicit, alpha: alpha))
    case .ials(let weight, let exponent):
      .implicit(try Confidence(.ials, unobservedWeight: weight, frequencyExponent: exponent))
    }
  }

  private func chosenAlgorithm() throws(Failure) -> BlockMatrix.Algorithm {
    switch algorithm {
    case .als: .als(.auto)
    case .conjugateGradients(let steps): .als(.cg(steps: steps))
    case .sgd(let rate, let decay, let damping):
      .sgd(try StochasticSettings(learningRate: rate, decay: decay, damping: damping))
    }
  }

  func settings() throws(Failure) -> TrainingSettings {
    try TrainingSettings(
      run: RunSettings(
        iterations: iterations, tolerance: tolerance, checkpointInterval: checkpointInterval),
      workers: workers, memory: memory, fresh: fresh)
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
