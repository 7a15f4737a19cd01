import ArgumentParser
import BlockMatrix
import Tuning

/// Which models `tune` tries.
struct TuneSearchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Models to try: plain, biases, nonnegative, with commas between.", valueName: "list"))
  var models: String?

  @Option(help: ArgumentHelp("Values for λ.", valueName: "list"))
  var regularizations: String?

  @Option(help: ArgumentHelp("What λ is multiplied by: count,none for both.", valueName: "list"))
  var regularizationScalings: String?

  @Option(help: ArgumentHelp("Values for λ₂, with biases.", valueName: "list"))
  var biasRegularizations: String?

  @Option(
    help: ArgumentHelp(
      "What λ₂ is multiplied by, apart from λ: count,none for both.", valueName: "list"))
  var biasRegularizationScalings: String?

  @Option(help: ArgumentHelp("Values for the rank.", valueName: "list"))
  var ranks: String?

  @Option(help: ArgumentHelp("Values for α, with --feedback implicit.", valueName: "list"))
  var alphas: String?

  /// What all models share, and what is tried.
  func space(_ options: ModelOptions) throws(Failure) -> TuningSpace {
    let given = options.given
    // A λ that was named means something beside one scaling and one model only: without, all that
    // no option fixes is open.
    let isOpen =
      regularizations == nil && given[ModelSetting.regularization] == nil && options.preset == nil
    let isExplicit = given[ModelSetting.feedback] != .implicit
    let models = try models(given, over: options.defaults, isOpen: isOpen && isExplicit)
    let hasBiases = models.contains(.biases)
    let bothScalings: [RegularizationScaling] = isOpen && isExplicit ? [.count, .unscaled] : []
    let isALS = isExplicit || given[ModelSetting.confidence] != .ials
    for (option, list) in [
      ("--bias-regularizations", biasRegularizations),
      ("--bias-regularization-scalings", biasRegularizationScalings),
    ] where list != nil && !hasBiases {
      throw Failure(.usage, at: option, "has no effect without --biases")
    }
    let lambdas = try values(regularizations, ModelSetting.regularization, given, Double.init)
    let biasLambdas = try values(
      biasRegularizations, ModelSetting.biasRegularization, given, Double.init)
    return TuningSpace(
      given: given, over: options.defaults, models: models,
      ranks: try values(
        ranks, ModelSetting.rank, given,
        otherwise: isOpen ? (hasBiases ? [0] : []) + [16, 64, 128] : [],
        Int.init),
      scalings: try values(
        regularizationScalings, ModelSetting.regularizationScaling, given, otherwise: bothScalings,
        RegularizationScaling.init(rawValue:)),
      biasScalings: try values(
        biasRegularizationScalings, ModelSetting.biasRegularizationScaling, given,
        otherwise: bothScalings, RegularizationScaling.init(rawValue:)),
      alphas: try values(
        alphas, ModelSetting.alpha, given,
        otherwise: isOpen && !isExplicit && isALS ? [1, 5, 20, 50] : [], Double.init),
      regularizations: isOpen ? nil : lambdas,
      biasRegularizations: isOpen && hasBiases && biasLambdas.isEmpty
        && given[ModelSetting.biasRegularization] == nil ? nil : biasLambdas)
  }

  private func models(
    _ given: SettingValues, over defaults: SettingValues, isOpen: Bool
  ) throws(Failure) -> [TuningSpace.Model] {
    let hasBiases =
      given[ModelSetting.biases] ?? defaults[ModelSetting.biases]
      ?? (isOpen && given[ModelSetting.rank] == 0)
    let isNonnegative = given[ModelSetting.nonnegative] ?? false
    if let models {
      guard !hasBiases, !isNonnegative else {
        throw Failure(
          .usage, at: "--models", "leaves --biases and --nonnegative without a meaning",
          hint: "name them all with --models")
      }
      return try Self.list(
        models, "--models", TuningSpace.Model.init(rawValue:),
        words: TuningSpace.Model.allCases.map(\.rawValue))
    }
    if hasBiases || isNonnegative || !isOpen {
      return [hasBiases ? .biases : isNonnegative ? .nonnegative : .plain]
    }
    // Only exact ALS keeps factors non-negative.
    let isExact =
      given[ModelSetting.algorithm] != .sgd && given[ModelSetting.solver] ?? .auto == .auto
    return [.plain, .biases] + (isExact ? [.nonnegative] : [])
  }

  /// The values listed for a setting; where none are, and none is given, others.
  private func values<Value: SettingType>(
    _ text: String?, _ setting: Setting<Value>, _ given: SettingValues, otherwise: [Value] = [],
    _ parse: (String) -> Value?
  ) throws(Failure) -> [Value] {
    guard let text else { return given[setting] == nil ? otherwise : [] }
    guard given[setting] == nil else {
      throw Failure(
        .usage, at: "--\(setting.name)s",
        "stands in place of --\(setting.name): give one of them")
    }
    return try Self.list(text, "--\(setting.name)s", parse, words: Value.words)
  }

  private static func list<Value: Equatable>(
    _ text: String, _ option: String, _ parse: (String) -> Value?, words: [String]
  ) throws(Failure) -> [Value] {
    var values: [Value] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let value = parse(String(part)), !values.contains(value) else {
        throw Failure(
          .usage, at: option,
          "'\(printable(part.utf8))' in '\(printable(text.utf8))' is no value, or is there twice",
          hint:
            "use \(words.isEmpty ? "numbers" : words.joined(separator: ", ")) with commas between")
      }
      values.append(value)
    }
    return values
  }
}
