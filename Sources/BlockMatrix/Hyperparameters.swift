/// What λ is multiplied by in the objective.
package enum RegularizationScaling: String, Sendable, CaseIterable, Codable {
  /// λ times the row's number of ratings: ALS-WR (Zhou et al. 2008, section 3.1), what Spark does.
  case count
  /// λ alone.
  case none
}

/// How the equations of a row are solved.
package enum RowSolver: Sendable, Equatable {
  /// Exactly, in whichever form is cheaper for the row.
  case auto
  /// Exactly, by Cholesky at the model's rank for every row.
  case cholesky
  /// Approximately, by some conjugate-gradient steps from the row's last factors.
  case cg(steps: Int)
}

/// Everything that a model's bytes depend on besides the ratings; made once, valid for ever.
package struct Hyperparameters: Sendable, Equatable {
  /// Factors per row, from 1 to ``maximumRank``; 0 for a model of biases alone.
  package let rank: Int
  /// λ₁, not negative.
  package let regularization: Double
  package let regularizationScaling: RegularizationScaling
  package let seed: UInt64
  package let feedback: Feedback
  /// λ₂, not negative; nothing for a model without biases.
  package let biasRegularization: Double?
  /// Whether all factors are ≥ 0.
  package let isNonnegative: Bool
  package let solver: RowSolver

  package static let maximumRank = 4096

  package var hasBias: Bool { biasRegularization != nil }

  /// Checks and takes over the settings.
  ///
  /// - Throws: `.usage` naming the option that no model can have, or two that none can have both.
  package init(
    rank: Int = 64, regularization: Double = 0.1,
    regularizationScaling: RegularizationScaling = .count, seed: UInt64 = 0,
    feedback: Feedback = .explicit, biasRegularization: Double? = nil,
    isNonnegative: Bool = false, solver: RowSolver = .auto
  ) throws(Failure) {
    let lowest = biasRegularization == nil ? 1 : 0
    guard (lowest...Self.maximumRank).contains(rank) else {
      throw Failure(
        .usage, at: "--rank", "\(rank) is not between \(lowest) and \(Self.maximumRank)",
        hint: rank == 0 ? "a model of biases alone wants --biases" : "")
    }
    for (option, value) in [
      ("--regularization", regularization), ("--bias-regularization", biasRegularization ?? 0),
    ] where !(value.isFinite && value >= 0) {
      throw Failure(.usage, at: option, "\(value) is not a number ≥ 0")
    }
    if case .cg(let steps) = solver, !(1...1000).contains(steps) {
      throw Failure(.usage, at: "--cg-steps", "\(steps) is not between 1 and 1000")
    }
    self.rank = rank
    self.regularization = regularization
    self.regularizationScaling = regularizationScaling
    self.seed = seed
    self.feedback = feedback
    self.biasRegularization = biasRegularization
    self.isNonnegative = isNonnegative
    self.solver = solver
    try refuseCombinations()
  }

  private func refuseCombinations() throws(Failure) {
    if hasBias, feedback != .explicit {
      throw Failure(
        .usage, at: "--biases", "a model of implicit feedback has no biases",
        hint: "leave out --biases, or use --feedback explicit")
    }
    if isNonnegative, hasBias {
      throw Failure(
        .usage, at: "--nonnegative", "a model with biases cannot be non-negative",
        hint: "leave out one of --biases and --nonnegative")
    }
    if isNonnegative, solver != .auto {
      throw Failure(
        .usage, at: "--solver", "non-negative factors have a solver of their own",
        hint: "leave out --solver")
    }
  }
}

extension Hyperparameters {
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
