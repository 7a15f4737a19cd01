extension Hyperparameters: Codable {
  private enum CodingKeys: String, CodingKey {
    case rank, regularization, regularizationScaling, seed, confidence, alpha, unobservedWeight
    case frequencyExponent, biasRegularization, nonnegative, solver, cgSteps
  }

  /// Reads settings and checks them like any others; keys that are absent have their defaults.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let convention = try values.decodeIfPresent(
      Confidence.Convention.self, forKey: .confidence)
    let solver: RowSolver =
      switch try values.decodeIfPresent(String.self, forKey: .solver) {
      case nil, "auto": .auto
      case "cholesky": .cholesky
      case "cg": .cg(steps: try values.decode(Int.self, forKey: .cgSteps))
      case let name?:
        throw DecodingError.dataCorruptedError(
          forKey: .solver, in: values, debugDescription: "no solver \(printable(name.utf8))")
      }
    do throws(Failure) {
      self = try Hyperparameters(
        rank: values.value(.rank), regularization: values.value(.regularization),
        regularizationScaling: values.value(.regularizationScaling), seed: values.value(.seed),
        feedback: Feedback(
          isImplicit: convention != nil, convention: convention, alpha: values.optional(.alpha),
          unobservedWeight: values.optional(.unobservedWeight),
          frequencyExponent: values.optional(.frequencyExponent)),
        biasRegularization: values.optional(.biasRegularization),
        isNonnegative: values.optional(.nonnegative) ?? false, solver: solver)
    } catch {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(
          codingPath: decoder.codingPath, debugDescription: error.description,
          underlyingError: error))
    }
  }

  /// Writes what the model has; settings without meaning for it are left out.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(rank, forKey: .rank)
    try values.encode(regularization, forKey: .regularization)
    try values.encode(regularizationScaling, forKey: .regularizationScaling)
    try values.encode(seed, forKey: .seed)
    if let confidence = feedback.confidence {
      try values.encode(confidence.convention, forKey: .confidence)
      if confidence.convention == .ials {
        try values.encode(confidence.unobservedWeight, forKey: .unobservedWeight)
        try values.encode(confidence.frequencyExponent, forKey: .frequencyExponent)
      } else {
        try values.encode(confidence.alpha, forKey: .alpha)
      }
    }
    try values.encodeIfPresent(biasRegularization, forKey: .biasRegularization)
    if isNonnegative { try values.encode(true, forKey: .nonnegative) }
    switch solver {
    case .auto: break
    case .cholesky: try values.encode("cholesky", forKey: .solver)
    case .cg(let steps):
      try values.encode("cg", forKey: .solver)
      try values.encode(steps, forKey: .cgSteps)
    }
  }
}

extension KeyedDecodingContainer {
  fileprivate func value<Value: Decodable>(_ key: Key) throws(Failure) -> Value {
    do {
      return try decode(Value.self, forKey: key)
    } catch {
      throw Failure(.data, at: key.stringValue, "it is missing or of the wrong kind")
    }
  }

  fileprivate func optional<Value: Decodable>(_ key: Key) throws(Failure) -> Value? {
    do {
      return try decodeIfPresent(Value.self, forKey: key)
    } catch {
      throw Failure(.data, at: key.stringValue, "it is of the wrong kind")
    }
  }
}
