/// What a rating says.
package enum Feedback: Sendable, Equatable {
  /// How much the user likes the item; what was not rated says nothing.
  case explicit
  /// That the user and the item met, and how often; what was not rated counts a little too.
  case implicit(Confidence)
}

/// How an implicit rating r becomes a preference and a confidence.
///
/// With V the fixed factors, S a row's observed set, n its size and N the number of fixed rows, a
/// row solves A x = b with
///
///     convention   A                                          b
///     hu           VᵀV + Σ α r vvᵀ + λ s I                    Σ (1 + α r) v
///     spark        VᵀV + Σ α |r| vvᵀ + λ n₊ I                 Σ (1 + α r) v over r > 0
///     implicit     VᵀV + Σ (α r − 1) vvᵀ + λ s I              Σ α r v
///     ials         α₀ VᵀV + Σ vvᵀ + λ (n + α₀ N)^ν I          Σ v
///
/// where s is the regularization scaling and n₊ the number of positive ratings.
package struct Confidence: Sendable, Equatable {
  /// Whose formula.
  package enum Convention: String, Sendable, CaseIterable, Codable {
    /// Hu, Koren and Volinsky, ICDM 2008; so do qmf, buffalo, LensKit and oneDAL.
    case hu
    /// Spark's `ALS` with `implicitPrefs`.
    case spark
    /// The Python library implicit, from version 0.5.
    case implicit
    /// Rendle, Krichene, Zhang and Koren, *Revisiting the Performance of iALS*, RecSys 2022.
    case ials
  }

  package let convention: Convention
  /// α; not used by `ials`.
  package let alpha: Double
  /// α₀, the weight of all cells; used by `ials` alone.
  package let unobservedWeight: Double
  /// ν, the exponent of the ridge's growth; used by `ials` alone.
  package let exponent: Double

  /// Checks and takes over the settings.
  ///
  /// - Throws: `.usage` naming an option that is out of range or does not belong to the convention.
  package init(
    _ convention: Convention, alpha: Double? = nil, unobservedWeight: Double? = nil,
    exponent: Double? = nil
  ) throws(Failure) {
    func check(_ value: Double?, _ option: String, belongs: Bool) throws(Failure) {
      guard let value else { return }
      guard belongs else {
        throw Failure(
          .usage, at: option, "has no place in the convention '\(convention.rawValue)'")
      }
      guard value.isFinite, value > 0 || (value == 0 && option == "--exponent") else {
        throw Failure(.usage, at: option, "\(value) is not a positive number")
      }
    }
    try check(alpha, "--alpha", belongs: convention != .ials)
    try check(unobservedWeight, "--unobserved-weight", belongs: convention == .ials)
    try check(exponent, "--exponent", belongs: convention == .ials)
    self.convention = convention
    self.alpha = alpha ?? 1
    self.unobservedWeight = unobservedWeight ?? 0.1
    self.exponent = exponent ?? 1
  }
}
