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

  @Option(
    help: """
      A peer's defaults and conventions: spark, implicit, ials or surprise. Other options still \
      count; the settings are printed in full.
      """)
  var preset: Preset?

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

  @Option(
    help: """
      SGD: κ in η / √(1 + κ n): a row's rate falls with its steps n. With 0.01 a rate of 0.1 is \
      fast and safe. (default: 0)
      """)
  var learningRateDamping: Double?

  @Option(help: "SGD: blocks a side of the grid; so many workers can work at once. (default: 16)")
  var grid: Int?

  @Option(help: "The seed of the initial factors. (default: 0)")
  var seed: UInt64?

  /// Whether none of the options was given.
  var isUntouched: Bool {
    preset == nil && rank == nil && regularization == nil && regularizationScaling == nil
      && feedback == nil
      && confidence == nil && alpha == nil && unobservedWeight == nil && frequencyExponent == nil
      && !biases
      && biasRegularization == nil && !nonnegative && algorithm == nil && solver == nil
      && cgSteps == nil && learningRate == nil && learningRateDecay == nil
      && learningRateDamping == nil && grid == nil && seed == nil
  }

  /// What holds where an option was not given.
  var defaults: Preset.Defaults { preset?.defaults ?? Preset.Defaults() }

  func hyperparameters() throws(Failure) -> Hyperparameters {
    let defaults = defaults
    let hasBias = biases || defaults.hasBias
    try Self.refuse(biasRegularization != nil, "--bias-regularization", unless: hasBias, "--biases")
    let regularization = regularization ?? defaults.regularization
    return try Hyperparameters(
      rank: rank ?? defaults.rank, regularization: regularization,
      regularizationScaling: regularizationScaling, seed: seed ?? 0, feedback: chosenFeedback(),
      biasRegularization: hasBias
        ? biasRegularization ?? defaults.biasRegularization ?? regularization : nil,
      isNonnegative: nonnegative, algorithm: chosenAlgorithm())
  }

  private func chosenFeedback() throws(Failure) -> Feedback {
    let defaults = defaults
    let isImplicit = (feedback ?? defaults.feedback) == .implicit
    for (isGiven, option) in [
      (confidence != nil, "--confidence"), (alpha != nil, "--alpha"),
      (unobservedWeight != nil, "--unobserved-weight"),
      (frequencyExponent != nil, "--frequency-exponent"),
    ] {
      try Self.refuse(isGiven, option, unless: isImplicit, "--feedback implicit")
    }
    guard isImplicit else { return .explicit }
    // A convention that was asked for leaves nothing of the preset's.
    let isPresets = confidence == nil
    return .implicit(
      try Confidence(
        confidence ?? defaults.confidence, alpha: alpha ?? (isPresets ? defaults.alpha : nil),
        unobservedWeight: unobservedWeight ?? (isPresets ? defaults.unobservedWeight : nil),
        frequencyExponent: frequencyExponent ?? (isPresets ? defaults.frequencyExponent : nil)))
  }

  private func chosenAlgorithm() throws(Failure) -> Algorithm {
    let defaults = defaults
    let isSGD = (algorithm ?? defaults.algorithm) == .sgd
    for (isGiven, option) in [
      (learningRate != nil, "--learning-rate"),
      (learningRateDecay != nil, "--learning-rate-decay"),
      (learningRateDamping != nil, "--learning-rate-damping"), (grid != nil, "--grid"),
    ] {
      try Self.refuse(isGiven, option, unless: isSGD, "--algorithm sgd")
    }
    try Self.refuse(solver != nil, "--solver", unless: !isSGD, "--algorithm als")
    try Self.refuse(cgSteps != nil, "--cg-steps", unless: solver == .cg, "--solver cg")
    if isSGD {
      return .sgd(
        try StochasticSettings(
          learningRate: learningRate ?? defaults.learningRate, decay: learningRateDecay ?? 0,
          damping: learningRateDamping ?? 0, gridSize: grid ?? 16))
    }
    switch solver ?? .auto {
    case .auto: return .als(.auto)
    case .cholesky: return .als(.cholesky)
    case .cg: return .als(.cg(steps: cgSteps ?? 3))
    }
  }

  /// An option that would have no effect is an error, not ignored.
  private static func refuse(
    _ isGiven: Bool, _ option: String, unless applies: Bool, _ condition: String
  ) throws(Failure) {
    guard isGiven, !applies else { return }
    throw Failure(.usage, at: option, "has no effect without \(condition)")
  }
}

extension Hyperparameters {
  /// All settings on one line, for people.
  var summary: String { settings.map { "\($0.name) \($0.value)" }.joined(separator: ", ") }
}
