/// What λ is multiplied by in the objective.
package enum RegularizationScaling: String, Sendable, CaseIterable, Codable {
  /// λ times the row's number of ratings: ALS-WR (Zhou et al. 2008, section 3.1), what Spark does.
  case count
  /// λ alone.
  case none
}

/// Everything that a model's bytes depend on besides the ratings; made once, valid for ever.
package struct Hyperparameters: Sendable, Equatable, Codable {
  /// Factors per row, from 1 to ``maximumRank``.
  package let rank: Int
  /// λ, not negative.
  package let regularization: Double
  package let regularizationScaling: RegularizationScaling
  package let seed: UInt64

  package static let maximumRank = 4096

  /// Checks and takes over the settings.
  ///
  /// - Throws: `.usage` naming the option that no model can have.
  package init(
    rank: Int = 64, regularization: Double = 0.1,
    regularizationScaling: RegularizationScaling = .count, seed: UInt64 = 0
  ) throws(Failure) {
    guard (1...Self.maximumRank).contains(rank) else {
      throw Failure(.usage, at: "--rank", "\(rank) is not between 1 and \(Self.maximumRank)")
    }
    guard regularization.isFinite, regularization >= 0 else {
      throw Failure(.usage, at: "--regularization", "\(regularization) is not a number ≥ 0")
    }
    self.rank = rank
    self.regularization = regularization
    self.regularizationScaling = regularizationScaling
    self.seed = seed
  }

  /// The ridge of a row with `count` ratings: λ times what the scaling says.
  package func ridge(count: Int) -> Double {
    switch regularizationScaling {
    case .count: regularization * Double(count)
    case .none: regularization
    }
  }
}
