/// The settings that a model's bytes depend on, each after those that its meaning depends on.
///
/// A new one is a line here, its use, and the help text of its option.
package enum ModelSetting {
  package static let rank: Setting<Int> = Setting(
    "rank", rule: .within(0...Hyperparameters.maximumRank), standard: { _ in 64 })
  package static let regularization: Setting<Double> = Setting(
    "regularization", rule: .notNegative, standard: { _ in 0.1 })
  package static let feedback: Setting<Feedback.Kind> = Setting(
    "feedback", absent: { _ in .explicit }, standard: { _ in .explicit })

  // MARK: Implicit feedback

  package static let confidence: Setting<Confidence.Convention> = Setting(
    "confidence", needs: [isImplicit], standard: { _ in .hu })
  package static let alpha: Setting<Double> = Setting(
    "alpha", needs: [isImplicit, hasAlpha], rule: .positive, absent: { _ in 1 },
    standard: { _ in 1 })
  package static let unobservedWeight: Setting<Double> = Setting(
    "unobserved-weight", needs: [isImplicit, isIALS], rule: .positive, absent: { _ in 0.1 },
    standard: { _ in 0.1 })
  package static let frequencyExponent: Setting<Double> = Setting(
    "frequency-exponent", needs: [isImplicit, isIALS], rule: .within(0...4), absent: { _ in 1 },
    standard: { _ in 1 })

  // MARK: The objective

  /// Spark counts the positive ratings; `ials` scales by (n + α₀N)^ν; the others do not scale.
  package static let regularizationScaling: Setting<RegularizationScaling> = Setting(
    "regularization-scaling",
    standard: { values in
      switch values[confidence] {
      case .hu, .implicit: .unscaled
      case nil, .spark, .ials: .count
      }
    })
  /// Not in manifests: there, λ₂ says it.
  package static let biases: Setting<Bool> = Setting(
    "biases", isStored: false,
    refusal: { hasBias, values in
      if hasBias, values[feedback] == .implicit {
        return "a model of implicit feedback has no biases"
      }
      return !hasBias && values[rank] == 0 ? "a model of rank 0 needs them" : nil
    }, absent: { $0[biasRegularization] != nil }, standard: { _ in false })
  package static let biasRegularization: Setting<Double> = Setting(
    "bias-regularization", needs: [hasBiases], rule: .notNegative,
    standard: { $0[regularization] })
  package static let biasRegularizationScaling: Setting<RegularizationScaling> = Setting(
    "bias-regularization-scaling", needs: [hasBiases],
    absent: { $0[regularizationScaling] }, standard: { $0[regularizationScaling] })
  package static let nonnegative: Setting<Bool> = Setting(
    "nonnegative",
    refusal: { isNonnegative, values in
      isNonnegative && values[biases] == true
        ? "a bias has to be free to be negative: leave out the biases" : nil
    }, absent: { _ in false }, standard: { _ in false })

  // MARK: How it is lowered

  package static let algorithm: Setting<Algorithm.Kind> = Setting(
    "algorithm",
    refusal: { algorithm, values in
      guard algorithm == .sgd else { return nil }
      if values[feedback] == .implicit { return "implicit feedback is solved by ALS alone" }
      return values[nonnegative] == true ? "only ALS keeps factors non-negative" : nil
    }, absent: { _ in .als }, standard: { _ in .als })
  package static let solver: Setting<Solver.Kind> = Setting(
    "solver", needs: [isAlternating],
    refusal: { solver, values in
      solver != .auto && values[nonnegative] == true
        ? "non-negative factors have a solver of their own" : nil
    }, absent: { _ in .auto }, standard: { _ in .auto })
  package static let cgSteps: Setting<Int> = Setting(
    "cg-steps", needs: [isConjugate],
    rule: .within(1...1000), standard: { _ in 3 })
  package static let learningRate: Setting<Double> = Setting(
    "learning-rate", needs: [isDescent], rule: .above(0, to: 1, isClosed: true),
    standard: { _ in 0.1 })
  package static let learningRateScaling: Setting<LearningRateScaling> = Setting(
    "learning-rate-scaling", needs: [isDescent], absent: { _ in .unscaled },
    standard: { _ in .values })
  package static let learningRateDecay: Setting<Double> = Setting(
    "learning-rate-decay", needs: [isDescent], rule: .notNegative, standard: { _ in 0 })
  package static let learningRateDamping: Setting<Double> = Setting(
    "learning-rate-damping", needs: [isDescent], rule: .notNegative, absent: { _ in 0 },
    standard: { _ in 0.03 })
  package static let grid: Setting<Int> = Setting(
    "grid", needs: [isDescent], rule: .within(1...256), standard: { _ in 16 })
  package static let seed = Setting<UInt64>("seed", standard: { _ in 0 })
  /// The digest of the model whose factors training begins with; not set where the seed's are.
  package static let start = Setting<String>(
    "start",
    rule: SettingRule(
      words: "the digest of a model",
      holds: { $0.utf8.count == 32 && $0.allSatisfy { $0.isHexDigit && !$0.isUppercase } }),
    absent: { _ in nil }, standard: { _ in nil })

  package static let table = SettingTable(
    rank, regularization, feedback, confidence, alpha, unobservedWeight, frequencyExponent,
    regularizationScaling, biases, biasRegularization, biasRegularizationScaling, nonnegative,
    algorithm, solver, cgSteps, learningRate, learningRateScaling, learningRateDecay,
    learningRateDamping, grid, seed, start)

  // MARK: Conditions

  private static let isImplicit = SettingCondition("feedback implicit") {
    $0[feedback] == .implicit
  }
  private static let isIALS = SettingCondition("confidence ials") { $0[confidence] == .ials }
  private static let hasAlpha = SettingCondition("a confidence that has it: hu, spark, implicit") {
    $0[confidence] != .ials
  }
  private static let hasBiases = SettingCondition("biases") { $0[biases] == true }
  private static let isAlternating = SettingCondition("algorithm als") { $0[algorithm] == .als }
  private static let isConjugate = SettingCondition("solver cg") { $0[solver] == .cg }
  private static let isDescent = SettingCondition("algorithm sgd") { $0[algorithm] == .sgd }
}
