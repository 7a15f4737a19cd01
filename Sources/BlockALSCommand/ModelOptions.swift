import ArgumentParser
import BlockMatrix
import BlockStore
import Training

extension LearningRateScaling: ExpressibleByArgument {}
extension RegularizationScaling: ExpressibleByArgument {}
extension Confidence.Convention: ExpressibleByArgument {}
extension Feedback.Kind: ExpressibleByArgument {}
extension Algorithm.Kind: ExpressibleByArgument {}
extension Solver.Kind: ExpressibleByArgument {}

/// The options that decide a model's bytes: the settings of ``ModelSetting``, by their names.
///
/// Each is optional, so that a command knows what was asked for; the help names the default.
struct ModelOptions: ParsableArguments {
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

  @Option(
    help: """
      What a rating says: explicit or implicit. (default: explicit; ratings without values need \
      one of them)
      """)
  var feedback: Feedback.Kind?

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

  @Option(
    help: "What λ₂ is multiplied by: count or none; with --biases. (default: as λ)")
  var biasRegularizationScaling: RegularizationScaling?

  @Flag(help: "Hold all factors at or above zero.")
  var nonnegative = false

  @Option(help: "als or sgd, stochastic gradient descent. (default: als)")
  var algorithm: Algorithm.Kind?

  @Option(
    help: """
      ALS: how rows are solved: auto (exact, the cheapest way), cholesky (exact), or cg, conjugate \
      gradients (not exact). (default: auto)
      """)
  var solver: Solver.Kind?

  @Option(help: "ALS with --solver cg: steps per row and iteration. (default: 3)")
  var cgSteps: Int?

  @Option(help: "SGD: η, the learning rate of the first epoch. (default: 0.1)")
  var learningRate: Double?

  @Option(
    help: """
      SGD: what η is divided by for the factors: values, the standard deviation of the ratings, so \
      that η does not depend on their unit (without biases at least a quarter of their mean); or \
      none. (default: values)
      """)
  var learningRateScaling: LearningRateScaling?

  @Option(help: "SGD: d in η / (1 + d (epoch − 1)). (default: 0)")
  var learningRateDecay: Double?

  @Option(
    help: """
      SGD: κ in η / √(1 + κ n): a row's rate falls with its steps n, so that η may be high for \
      rows with few ratings. (default: 0.03)
      """)
  var learningRateDamping: Double?

  @Option(help: "SGD: blocks a side of the grid; so many workers can work at once. (default: 16)")
  var grid: Int?

  @Option(help: "The seed of the initial factors. (default: 0)")
  var seed: UInt64?

  /// What was asked for, the preset apart.
  var given: SettingValues { given(of: ModelSetting.table) }

  /// What holds where nothing was asked for, before the table's own defaults.
  var defaults: SettingValues { defaults(over: preset?.settings ?? SettingValues()) }

  private func defaults(over others: SettingValues) -> SettingValues {
    var defaults = others
    if given[ModelSetting.confidence] != nil {
      // A convention that was asked for leaves nothing of another.
      defaults[ModelSetting.alpha] = nil
      defaults[ModelSetting.unobservedWeight] = nil
      defaults[ModelSetting.frequencyExponent] = nil
    }
    return defaults
  }

  /// - Parameter start: A model to begin with, whose settings hold where no other are given.
  func hyperparameters(
    startingFrom start: StartingModel? = nil
  ) throws(Failure) -> Hyperparameters {
    guard let start else { return try Hyperparameters(given, over: defaults) }
    var given = given
    given[ModelSetting.start] = start.digest
    return try Hyperparameters(
      given,
      over: preset == nil ? defaults(over: start.facts.hyperparameters.values) : defaults)
  }

  /// Whether ratings are taken as values because nothing else was asked for.
  private var isExplicitByDefault: Bool {
    given[ModelSetting.feedback] == nil && defaults[ModelSetting.feedback] != .implicit
  }

  /// Refuses to learn how much users like things from ratings that do not say it, unless asked to.
  ///
  /// - Throws: `.usage` naming the partition.
  func checkFeedback(on partition: Partition) throws(Failure) {
    let facts = partition.facts
    guard isExplicitByDefault, !facts.valuesGiven || facts.lowestValue == facts.highestValue
    else { return }
    throw Failure(
      .usage, at: partition.directory,
      facts.valuesGiven
        ? "each of its ratings is \(facts.lowestValue): explicit feedback has nothing to learn"
        : "its ratings have no values: explicit feedback has nothing to learn",
      hint: "give --feedback implicit, or --feedback explicit to insist")
  }
}

extension Hyperparameters {
  /// All settings on one line, for people.
  var summary: String { settings.map { "\($0.name) \($0.value)" }.joined(separator: ", ") }
}
