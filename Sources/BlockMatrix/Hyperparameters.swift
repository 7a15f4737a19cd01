/// What λ is multiplied by in the objective.
package enum RegularizationScaling: String, SettingWord {
  /// λ times the row's number of ratings: ALS-WR (Zhou et al. 2008, section 3.1), what Spark does.
  case count
  /// λ alone.
  case unscaled = "none"
}

/// Everything that a model's bytes depend on besides the ratings; made once, valid for ever.
///
/// Which models there are, and which settings go together, is decided by ``ModelSetting`` and
/// nowhere else; this is what the arithmetic reads.
package struct Hyperparameters: Sendable, Equatable {
  /// Every setting that has a meaning in this model.
  package let values: SettingValues
  /// Factors per row, from 0 (biases alone) to ``maximumRank``.
  package let rank: Int
  /// λ₁, the factors' weight in the objective, not negative.
  package let regularization: Double
  package let regularizationScaling: RegularizationScaling
  package let feedback: Feedback
  /// λ₂, the biases' weight in the objective, not negative; `nil` for a model without biases.
  package let biasRegularization: Double?
  package let biasRegularizationScaling: RegularizationScaling
  /// Whether factors are held at or above zero.
  package let isNonnegative: Bool
  package let algorithm: Algorithm
  package let seed: UInt64

  package static let maximumRank = 4096

  package var hasBias: Bool { biasRegularization != nil }

  /// Checks and takes over settings.
  ///
  /// - Parameters:
  ///   - given: What was asked for.
  ///   - defaults: What holds, before the table's own defaults, where nothing was asked for.
  /// - Throws: `.usage` naming the setting that no model can have.
  package init(
    _ given: SettingValues, over defaults: SettingValues = SettingValues()
  ) throws(Failure) {
    let values = try ModelSetting.table.resolve(given, over: defaults)
    self.values = values
    rank = values[ModelSetting.rank] ?? 0
    regularization = values[ModelSetting.regularization] ?? 0
    regularizationScaling = values[ModelSetting.regularizationScaling] ?? .count
    feedback =
      values[ModelSetting.confidence].map { .implicit(Confidence($0, values)) } ?? .explicit
    biasRegularization = values[ModelSetting.biasRegularization]
    biasRegularizationScaling =
      values[ModelSetting.biasRegularizationScaling] ?? regularizationScaling
    isNonnegative = values[ModelSetting.nonnegative] ?? false
    algorithm = Algorithm(values)
    seed = values[ModelSetting.seed] ?? 0
  }

  /// The same for a program, with types.
  ///
  /// - Parameters:
  ///   - regularizationScaling: `nil` for what the feedback's convention has: `none` for `hu` and
  ///     `implicit`, else `count`.
  ///   - biasRegularization: λ₂; `nil` for a model without biases.
  ///   - biasRegularizationScaling: `nil` for that of the factors.
  package init(
    rank: Int = 64, regularization: Double = 0.1,
    regularizationScaling: RegularizationScaling? = nil, seed: UInt64 = 0,
    feedback: Feedback = .explicit, biasRegularization: Double? = nil,
    biasRegularizationScaling: RegularizationScaling? = nil, isNonnegative: Bool = false,
    algorithm: Algorithm = .als(.auto)
  ) throws(Failure) {
    var given = SettingValues()
    given[ModelSetting.rank] = rank
    given[ModelSetting.regularization] = regularization
    given[ModelSetting.regularizationScaling] = regularizationScaling
    given[ModelSetting.seed] = seed
    if case .implicit(let confidence) = feedback {
      given[ModelSetting.feedback] = .implicit
      confidence.enter(into: &given)
    }
    given[ModelSetting.biases] = biasRegularization != nil
    given[ModelSetting.biasRegularization] = biasRegularization
    given[ModelSetting.biasRegularizationScaling] = biasRegularizationScaling
    given[ModelSetting.nonnegative] = isNonnegative
    algorithm.enter(into: &given)
    try self.init(given)
  }

  /// The same model but for one setting; what has no meaning beside it falls away.
  ///
  /// - Throws: `.usage` naming the setting that no model can have.
  package func with<Value: SettingType>(
    _ setting: Setting<Value>, _ value: Value
  ) throws(Failure) -> Hyperparameters {
    var given = SettingValues()
    given[setting] = value
    return try Hyperparameters(given, over: values)
  }

  /// Every setting that the model has, by name, as people read it.
  ///
  /// To list what differs between two models, and to show one.
  package var settings: [(name: String, value: String)] { ModelSetting.table.described(values) }
}

/// One flat object in a manifest, without the settings that have no meaning.
extension Hyperparameters: Codable {
  package init(from decoder: any Decoder) throws {
    try self.init(ModelSetting.table.decode(from: decoder))
  }

  package func encode(to encoder: any Encoder) throws {
    try ModelSetting.table.encode(values, to: encoder)
  }
}

extension Hyperparameters {
  /// How rows are solved; `nil` where the algorithm solves none.
  package var solver: Solver? {
    if case .als(let solver) = algorithm { solver } else { nil }
  }

  /// Steps of conjugate gradients a row; `nil` where rows are solved exactly.
  package var cgSteps: Int? {
    if case .als(.cg(let steps)) = algorithm { steps } else { nil }
  }

  /// The same objective, with rows that are solved exactly where this algorithm only nears that.
  ///
  /// Conjugate gradients and stochastic gradient descent become `auto`; all else stays.
  package func solvedExactly() throws(Failure) -> Hyperparameters {
    guard solver == nil || cgSteps != nil else { return self }
    return try with(ModelSetting.algorithm, .als).with(ModelSetting.solver, .auto)
  }

  /// The ridge of a row's factors: λ₁ times what the scaling says.
  ///
  /// - Parameters:
  ///   - count: The row's ratings, as far as the feedback counts them.
  ///   - oppositeCount: The rows of the other side, which matter to the convention `ials`.
  /// - Returns: λ₁, λ₁·n, or λ₁·(n + α₀N)^ν.
  package func ridge(count: Int, oppositeCount: Int) -> Double {
    regularization * scale(count: count, oppositeCount: oppositeCount)
  }

  /// The ridge of a row's bias: λ₂ times what the scaling says; 0 without biases.
  ///
  /// - Parameter count: The row's ratings.
  /// - Returns: λ₂ or λ₂·n.
  package func biasRidge(count: Int) -> Double {
    (biasRegularization ?? 0) * (biasRegularizationScaling == .count ? Double(count) : 1)
  }

  private func scale(count: Int, oppositeCount: Int) -> Double {
    guard regularizationScaling == .count else { return 1 }
    guard let confidence = feedback.confidence, confidence.convention == .ials else {
      return Double(count)
    }
    return power(
      Double(count) + confidence.unobservedWeight * Double(oppositeCount),
      confidence.frequencyExponent)
  }
}
