/// What λ is multiplied by in the objective.
package enum RegularizationScaling: String, Sendable, CaseIterable, Codable {
  /// λ times the row's number of ratings: ALS-WR (Zhou et al. 2008, section 3.1), what Spark does.
  case count
  /// λ alone.
  case unscaled = "none"
}

/// Everything that a model's bytes depend on besides the ratings; made once, valid for ever.
///
/// A model is a value: which of them there are, and which settings go together, is decided here and
/// nowhere else.
package struct Hyperparameters: Sendable, Equatable {
  /// Factors per row, from 0 (biases alone) to ``maximumRank``.
  package let rank: Int
  /// λ₁, the factors' weight in the objective, not negative.
  package let regularization: Double
  package let regularizationScaling: RegularizationScaling
  package let feedback: Feedback
  /// λ₂, the biases' weight in the objective, not negative; nothing for a model without biases.
  package let biasRegularization: Double?
  /// Whether factors are held at or above zero.
  package let isNonnegative: Bool
  package let algorithm: Algorithm
  package let seed: UInt64

  package static let maximumRank = 4096

  package var hasBias: Bool { biasRegularization != nil }

  /// Checks and takes over the settings.
  ///
  /// - Parameter regularizationScaling: Nothing for what the feedback's convention has: `none` for
  ///   `hu` and `implicit`, else `count`.
  /// - Throws: `.usage` naming the option that no model can have.
  package init(
    rank: Int = 64, regularization: Double = 0.1,
    regularizationScaling: RegularizationScaling? = nil, seed: UInt64 = 0,
    feedback: Feedback = .explicit, biasRegularization: Double? = nil,
    isNonnegative: Bool = false, algorithm: Algorithm = .als(.auto)
  ) throws(Failure) {
    guard (0...Self.maximumRank).contains(rank), rank > 0 || biasRegularization != nil else {
      throw Failure(
        .usage, at: "--rank", "\(rank) is not between 1 and \(Self.maximumRank)",
        hint: rank == 0 ? "a model of rank 0 needs --biases" : "")
    }
    try Self.check(regularization, "--regularization")
    if let biasRegularization { try Self.check(biasRegularization, "--bias-regularization") }
    self.rank = rank
    self.regularization = regularization
    self.regularizationScaling = regularizationScaling ?? Self.scaling(of: feedback)
    self.feedback = feedback
    self.biasRegularization = biasRegularization
    self.isNonnegative = isNonnegative
    self.algorithm = algorithm
    self.seed = seed
    if let (option, reason) = impossibleCombination {
      throw Failure(.usage, at: option, reason)
    }
  }

  private static func check(_ value: Double, _ option: String) throws(Failure) {
    guard value.isFinite, value >= 0 else {
      throw Failure(.usage, at: option, "\(value) is not a number ≥ 0")
    }
  }

  /// What λ₁ is multiplied by where nothing is said.
  private static func scaling(of feedback: Feedback) -> RegularizationScaling {
    switch feedback.confidence?.convention {
    case .hu, .implicit: .unscaled
    // Spark counts the positive ratings; `ials` scales by (n + α₀N)^ν.
    case nil, .spark, .ials: .count
    }
  }

  /// Options that exclude each other, and why.
  private var impossibleCombination: (option: String, reason: String)? {
    let isImplicit = feedback != .explicit
    if isImplicit, hasBias { return ("--biases", "a model of implicit feedback has no biases") }
    if isNonnegative, hasBias {
      return ("--nonnegative", "a bias has to be free to be negative: leave out --biases")
    }
    switch algorithm {
    case .sgd:
      if isImplicit { return ("--algorithm sgd", "implicit feedback is solved by ALS alone") }
      if isNonnegative { return ("--algorithm sgd", "only ALS keeps factors non-negative") }
    case .als(let solver):
      if case .cg(let steps) = solver, !(1...1000).contains(steps) {
        return ("--cg-steps", "\(steps) is not between 1 and 1000")
      }
      if isNonnegative, solver != .auto {
        return ("--solver", "non-negative factors have a solver of their own")
      }
    }
    return nil
  }
}

extension Hyperparameters {
  /// How rows are solved; nothing where the algorithm solves none.
  package var solver: Solver? {
    if case .als(let solver) = algorithm { solver } else { nil }
  }

  /// Steps of conjugate gradients a row; nothing where rows are solved exactly.
  package var cgSteps: Int? {
    if case .als(.cg(let steps)) = algorithm { steps } else { nil }
  }

  /// The same objective, with rows that are solved exactly where this algorithm only nears that.
  ///
  /// Conjugate gradients and stochastic gradient descent become `auto`; all else stays.
  package func solvedExactly() throws(Failure) -> Hyperparameters {
    guard solver == nil || cgSteps != nil else { return self }
    return try Hyperparameters(
      rank: rank, regularization: regularization, regularizationScaling: regularizationScaling,
      seed: seed, feedback: feedback, biasRegularization: biasRegularization,
      isNonnegative: isNonnegative, algorithm: .als(.auto))
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
    (biasRegularization ?? 0) * scale(count: count, oppositeCount: 0)
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
