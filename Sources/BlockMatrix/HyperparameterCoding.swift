/// Hyperparameters in a manifest: one flat object, without the settings that do not apply.
///
/// Reading goes through the same checks as the command line.
extension Hyperparameters: Codable {
  private enum Key: String, CodingKey {
    case rank, regularization, regularizationScaling, feedback, confidence, alpha
    case unobservedWeight, frequencyExponent, biasRegularization, nonnegative, algorithm, solver,
      cgSteps
    case learningRate, learningRateDecay, learningRateDamping, grid, seed
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    try self.init(
      rank: fields.decode(Int.self, forKey: .rank),
      regularization: fields.decode(Double.self, forKey: .regularization),
      regularizationScaling: fields.decode(
        RegularizationScaling.self, forKey: .regularizationScaling),
      seed: fields.decode(UInt64.self, forKey: .seed), feedback: Self.feedback(fields),
      biasRegularization: fields.decodeIfPresent(Double.self, forKey: .biasRegularization),
      isNonnegative: fields.decodeIfPresent(Bool.self, forKey: .nonnegative) ?? false,
      algorithm: Self.algorithm(fields))
  }

  private static func feedback(_ fields: KeyedDecodingContainer<Key>) throws -> Feedback {
    switch try fields.decodeIfPresent(String.self, forKey: .feedback) ?? "explicit" {
    case "explicit": return .explicit
    case "implicit":
      return .implicit(
        try Confidence(
          fields.decode(Confidence.Convention.self, forKey: .confidence),
          alpha: fields.decodeIfPresent(Double.self, forKey: .alpha),
          unobservedWeight: fields.decodeIfPresent(Double.self, forKey: .unobservedWeight),
          frequencyExponent: fields.decodeIfPresent(Double.self, forKey: .frequencyExponent)))
    case let other: throw Failure(.data, "feedback '\(printable(other.utf8))' is not known")
    }
  }

  private static func algorithm(_ fields: KeyedDecodingContainer<Key>) throws -> Algorithm {
    switch try fields.decodeIfPresent(String.self, forKey: .algorithm) ?? "als" {
    case "als": return .als(try solver(fields))
    case "sgd":
      return .sgd(
        try StochasticSettings(
          learningRate: fields.decode(Double.self, forKey: .learningRate),
          decay: fields.decode(Double.self, forKey: .learningRateDecay),
          damping: fields.decodeIfPresent(Double.self, forKey: .learningRateDamping) ?? 0,
          gridSize: fields.decode(Int.self, forKey: .grid)))
    case let other: throw Failure(.data, "algorithm '\(printable(other.utf8))' is not known")
    }
  }

  private static func solver(_ fields: KeyedDecodingContainer<Key>) throws -> Solver {
    switch try fields.decodeIfPresent(String.self, forKey: .solver) ?? "auto" {
    case "auto": return .auto
    case "cholesky": return .cholesky
    case "cg": return .cg(steps: try fields.decode(Int.self, forKey: .cgSteps))
    case let other: throw Failure(.data, "solver '\(printable(other.utf8))' is not known")
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(rank, forKey: .rank)
    try fields.encode(regularization, forKey: .regularization)
    try fields.encode(regularizationScaling, forKey: .regularizationScaling)
    try fields.encode(seed, forKey: .seed)
    try fields.encodeIfPresent(biasRegularization, forKey: .biasRegularization)
    if isNonnegative { try fields.encode(true, forKey: .nonnegative) }
    if case .implicit(let confidence) = feedback {
      try fields.encode("implicit", forKey: .feedback)
      try fields.encode(confidence.convention, forKey: .confidence)
      if confidence.convention == .ials {
        try fields.encode(confidence.unobservedWeight, forKey: .unobservedWeight)
        try fields.encode(confidence.frequencyExponent, forKey: .frequencyExponent)
      } else {
        try fields.encode(confidence.alpha, forKey: .alpha)
      }
    }
    switch algorithm {
    case .als(.auto): break
    case .als(.cholesky): try fields.encode("cholesky", forKey: .solver)
    case .als(.cg(let steps)):
      try fields.encode("cg", forKey: .solver)
      try fields.encode(steps, forKey: .cgSteps)
    case .sgd(let sgd):
      try fields.encode("sgd", forKey: .algorithm)
      try fields.encode(sgd.learningRate, forKey: .learningRate)
      try fields.encode(sgd.decay, forKey: .learningRateDecay)
      if sgd.damping > 0 { try fields.encode(sgd.damping, forKey: .learningRateDamping) }
      try fields.encode(sgd.gridSize, forKey: .grid)
    }
  }
}
