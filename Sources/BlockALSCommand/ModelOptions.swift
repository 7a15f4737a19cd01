import ArgumentParser
import BlockMatrix

extension RegularizationScaling: ExpressibleByArgument {}
extension Confidence.Convention: ExpressibleByArgument {}

/// The options that decide a model's bytes.
///
/// Each is optional, so that a command knows what was asked for; the help names the default.
struct ModelOptions: ParsableArguments {
  enum FeedbackKind: String, ExpressibleByArgument, CaseIterable { case explicit, implicit }
  enum AlgorithmKind: String, ExpressibleByArgument, CaseIterable { case als, sgd }
  enum SolverKind: String, ExpressibleByArgument, CaseIterable { case auto, cholesky, cg }

  @Option(help: "Factors per user and item; 0 with --biases for biases alone. (default: 64)")
  var rank: Int?

  @Option(help: "λ, the weight of the factors' squared lengths in the objective. (default: 0.1)")
  var regularization: Double?

  @Option(
    help: """
      What λ is multiplied by: 'count', the row's number of ratings (ALS-WR, as Spark), or 'none'. \
      (default: count; for implicit feedback what the convention has)
      """)
  var regularizationScaling: RegularizationScaling?

  @Option(help: "What a rating says: explicit or implicit. (default: explicit)")
  var feedback: FeedbackKind?

  @Option(
    help: """
      Implicit: whose formula makes ratings confidences: hu, spark, implicit or ials. (default: hu)
      """)
  var confidence: Confidence.Convention?

  @Option(help: "Implicit: α, how much a rating adds to the confidence. (default: 1)")
  var alpha: Double?

  @Option(help: "Implicit, ials: α₀, the weight of all cells. (default: 0.1)")
  var unobservedWeight: Double?

  @Option(help: "Implicit, ials: ν, the exponent of the ridge's growth. (default: 1)")
  var frequencyExponent: Double?

  @Flag(help: "Give each user and item a bias, and predict relative to the mean rating.")
  var biases = false

  @Option(help: "λ₂, the weight of the squared biases; with --biases. (default: λ)")
  var biasRegularization: Double?

  @Flag(help: "Hold all factors at or above zero.")
  var nonnegative = false

  @Option(help: "als or sgd, stochastic gradient descent. (default: als)")
  var algorithm: AlgorithmKind?

  @Option(
    help: """
      ALS: how rows are solved: auto (exact, the cheapest way), cholesky (exact), or cg, conjugate \
      gradients (not exact). (default: auto)
      """)
  var solver: SolverKind?

  @Option(help: "ALS with --solver cg: steps per row and iteration. (default: 3)")
  var cgSteps: Int?

  @Option(help: "SGD: η, the learning rate of the first epoch. (default: 0.01)")
  var learningRate: Double?

  @Option(help: "SGD: d in η / (1 + d (epoch − 1)). (default: 0)")
  var learningRateDecay: Double?

  @Option(help: "SGD: blocks a side of the grid; so many workers can work at once. (default: 16)")
  var grid: Int?

  @Option(help: "The seed of the initial factors. (default: 0)")
  var seed: UInt64?

  /// Whether none of the options was given.
  var isUntouched: Bool {
    rank == nil && regularization == nil && regularizationScaling == nil && feedback == nil
      && confidence == nil && alpha == nil && unobservedWeight == nil && frequencyExponent == nil && !biases
      && biasRegularization == nil && !nonnegative && algorithm == nil && solver == nil
      && cgSteps == nil && learningRate == nil && learningRateDecay == nil && grid == nil
      && seed == nil
  }

  func hyperparameters() throws(Failure) -> Hyperparameters {
    try Self.refuse(biasRegularization, "--bias-regularization", unless: biases, "--biases")
    let regularization = regularization ?? 0.1
    return try Hyperparameters(
      rank: rank ?? 64, regularization: regularization,
      regularizationScaling: regularizationScaling, feedback: chosenFeedback(),
      biasRegularization: biases ? biasRegularization ?? regularization : nil,
      isNonnegative: nonnegative, algorithm: chosenAlgorithm(), seed: seed ?? 0)
  }

  private func chosenFeedback() throws(Failure) -> Feedback {
    let isImplicit = feedback == .implicit
    for (given, option) in [
      (confidence != nil, "--confidence"), (alpha != nil, "--alpha"),
      (unobservedWeight != nil, "--unobserved-weight"), (frequencyExponent != nil, "--frequency-exponent"),
    ] {
      try Self.refuse(given ? 1 : nil, option, unless: isImplicit, "--feedback implicit")
    }
    guard isImplicit else { return .explicit }
    return .implicit(
      try Confidence(
        confidence ?? .hu, alpha: alpha, unobservedWeight: unobservedWeight, frequencyExponent: frequencyExponent))
  }

  private func chosenAlgorithm() throws(Failure) -> Algorithm {
    let isSGD = algorithm == .sgd
    try Self.refuse(learningRate, "--learning-rate", unless: isSGD, "--algorithm sgd")
    try Self.refuse(learningRateDecay, "--learning-rate-decay", unless: isSGD, "--algorithm sgd")
    try Self.refuse(grid, "--grid", unless: isSGD, "--algorithm sgd")
    try Self.refuse(solver, "--solver", unless: !isSGD, "--algorithm als")
    try Self.refuse(cgSteps, "--cg-steps", unless: solver == .cg, "--solver cg")
    if isSGD {
      return .sgd(
        try StochasticSettings(
          learningRate: learningRate ?? 0.01, decay: learningRateDecay ?? 0, gridSize: grid ?? 16))
    }
    switch solver ?? .auto {
    case .auto: return .als(.auto)
    case .cholesky: return .als(.cholesky)
    case .cg: return .als(.cg(steps: cgSteps ?? 3))
    }
  }

  /// An option that would have no effect is an error, not ignored.
  private static func refuse(
    _ value: Any?, _ option: String, unless applies: Bool, _ condition: String
  ) throws(Failure) {
    guard value != nil, !applies else { return }
    throw Failure(.usage, at: option, "has no effect without \(condition)")
  }
}
