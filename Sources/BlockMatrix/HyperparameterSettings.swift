extension Hyperparameters {
  /// Every setting by the name of its option, as people read it: to list what differs, and to show.
  package var settings: [(name: String, value: String)] {
    var settings = [
      ("rank", String(rank)),
      ("regularization", regularization.description),
      ("regularization-scaling", regularizationScaling.rawValue),
      ("seed", String(seed)),
      ("feedback", feedback == .explicit ? "explicit" : "implicit"),
    ]
    if let confidence = feedback.confidence {
      settings.append(("confidence", confidence.convention.rawValue))
      if confidence.convention == .ials {
        settings.append(("unobserved-weight", confidence.unobservedWeight.description))
        settings.append(("frequency-exponent", confidence.frequencyExponent.description))
      } else {
        settings.append(("alpha", confidence.alpha.description))
      }
    }
    settings.append(("biases", hasBias ? "true" : "false"))
    if let biasRegularization {
      settings.append(("bias-regularization", biasRegularization.description))
    }
    settings.append(("nonnegative", isNonnegative ? "true" : "false"))
    switch solver {
    case .auto: settings.append(("solver", "auto"))
    case .cholesky: settings.append(("solver", "cholesky"))
    case .cg(let steps): settings += [("solver", "cg"), ("cg-steps", String(steps))]
    }
    return settings
  }
}
