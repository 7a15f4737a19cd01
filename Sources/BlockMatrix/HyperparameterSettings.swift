extension Hyperparameters {
  /// Every setting that the model has, by the name of its option, as people read it.
  ///
  /// To list what differs between two models, and to show one; a setting that the model has no use
  /// for is left out.
  package var settings: [(name: String, value: String)] {
    var list = [
      ("rank", String(rank)),
      ("regularization", regularization.description),
      ("regularization-scaling", regularizationScaling.rawValue),
    ]
    switch feedback {
    case .explicit: list.append(("feedback", "explicit"))
    case .implicit(let confidence):
      list += [("feedback", "implicit"), ("confidence", confidence.convention.rawValue)]
      if confidence.convention == .ials {
        list.append(("unobserved-weight", confidence.unobservedWeight.description))
        list.append(("frequency-exponent", confidence.frequencyExponent.description))
      } else {
        list.append(("alpha", confidence.alpha.description))
      }
    }
    if let biasRegularization {
      list.append(("bias-regularization", biasRegularization.description))
    }
    if isNonnegative { list.append(("nonnegative", "yes")) }
    switch algorithm {
    case .als(let solver):
      list.append(("algorithm", "als"))
      switch solver {
      case .auto: list.append(("solver", "auto"))
      case .cholesky: list.append(("solver", "cholesky"))
      case .cg(let steps): list += [("solver", "cg"), ("cg-steps", String(steps))]
      }
    case .sgd(let sgd):
      list.append(("algorithm", "sgd"))
      list.append(("learning-rate", sgd.learningRate.description))
      list.append(("learning-rate-decay", sgd.decay.description))
      list.append(("learning-rate-damping", sgd.damping.description))
      list.append(("grid", String(sgd.gridSize)))
    }
    return list + [("seed", String(seed))]
  }
}
