/// What the ratings of a model say.
package enum Feedback: Sendable, Equatable {
  /// How much: the given cells alone are explained.
  case explicit
  /// How surely: all cells are explained, the given ones by a preference with more confidence.
  case implicit(Confidence)

  package enum Kind: String, SettingWord { case explicit, implicit }

  /// The confidence of implicit feedback; `nil` for explicit feedback.
  package var confidence: Confidence? {
    if case .implicit(let confidence) = self { confidence } else { nil }
  }
}

/// How implicit feedback turns a rating r into a preference p and a confidence c.
///
/// The objective sums c·(p − x·y)² over all cells. A cell that was not given has p = 0 and the
/// convention's weight.
package struct Confidence: Sendable, Equatable {
  package enum Convention: String, SettingWord {
    /// c = 1 + αr, p = 1 (Hu, Koren and Volinsky 2008, equations 1 and 2). Ratings ≤ 0 are as if
    /// not given.
    case hu
    /// As `hu`, but c = 1 + α|r|, and ratings < 0 have p = 0. Regularisation by count counts the
    /// ratings > 0.
    case spark
    /// c = α|r| in place of the 1 of a cell that was not given; p = 0 for ratings ≤ 0.
    case implicit
    /// c = 1, p = 1 for every given cell, whatever its value, and α₀ added on all cells with p = 0
    /// (Rendle, Krichene, Zhang and Koren 2022, equation 3).
    case ials
  }

  package let convention: Convention
  /// α; of no meaning for `ials`.
  package let alpha: Double
  /// α₀, the weight of a cell that was not given: 1 but for `ials`.
  package let unobservedWeight: Double
  /// ν of `ials`, whose ridge is λ(n + α₀N)^ν; else 1.
  package let frequencyExponent: Double

  /// Checks and takes over the settings; those not given have the convention's values.
  ///
  /// - Throws: `.usage` naming the setting that the convention does not have, or its value.
  package init(
    _ convention: Convention, alpha: Double? = nil, unobservedWeight: Double? = nil,
    frequencyExponent: Double? = nil
  ) throws(Failure) {
    var given = SettingValues()
    given[ModelSetting.feedback] = .implicit
    given[ModelSetting.confidence] = convention
    given[ModelSetting.alpha] = alpha
    given[ModelSetting.unobservedWeight] = unobservedWeight
    given[ModelSetting.frequencyExponent] = frequencyExponent
    self.init(convention, try ModelSetting.table.resolve(given))
  }

  init(_ convention: Convention, _ resolved: SettingValues) {
    self.convention = convention
    alpha = resolved[ModelSetting.alpha] ?? 1
    unobservedWeight = resolved[ModelSetting.unobservedWeight] ?? 1
    frequencyExponent = resolved[ModelSetting.frequencyExponent] ?? 1
  }

  /// The settings that say this.
  func enter(into values: inout SettingValues) {
    values[ModelSetting.confidence] = convention
    if convention == .ials {
      values[ModelSetting.unobservedWeight] = unobservedWeight
      values[ModelSetting.frequencyExponent] = frequencyExponent
    } else {
      values[ModelSetting.alpha] = alpha
    }
  }
}

extension Confidence {
  /// What a given cell adds to its row's normal equations: `weight` · yyᵀ to the matrix, `target` ·
  /// y to the vector, and `constant` to the objective.
  package struct Cell: Sendable, Equatable {
    package let weight: Float
    package let target: Float
    /// c·p².
    package let constant: Double

    package init(weight: Float, target: Float, constant: Double) {
      self.weight = weight
      self.target = target
      self.constant = constant
    }
  }

  /// A given cell's share of the normal equations; the weight of cells not given is taken off.
  package func cell(_ rating: Float) -> Cell {
    let strength = alpha * Double(rating)
    switch convention {
    case .hu:
      guard rating > 0 else { return Cell(weight: 0, target: 0, constant: 0) }
      return Cell(weight: Float(strength), target: Float(1 + strength), constant: 1 + strength)
    case .spark:
      guard rating > 0 else { return Cell(weight: Float(-strength), target: 0, constant: 0) }
      return Cell(weight: Float(strength), target: Float(1 + strength), constant: 1 + strength)
    case .implicit:
      guard rating > 0 else { return Cell(weight: Float(-strength - 1), target: 0, constant: 0) }
      return Cell(weight: Float(strength - 1), target: Float(strength), constant: strength)
    case .ials:
      return Cell(weight: 1, target: 1, constant: 1)
    }
  }

  /// Whether a rating counts where regularisation goes by count.
  package func counts(_ rating: Float) -> Bool { convention != .spark || rating > 0 }
}
