import ArgumentParser
import BlockMatrix

/// A peer's defaults and conventions by one word; options that are given still count.
enum Preset: String, ExpressibleByArgument, CaseIterable {
  /// Spark's `ALS`; with --feedback implicit, its `implicitPrefs`.
  case spark
  /// The Python library implicit's `AlternatingLeastSquares`, but solved exactly.
  case implicit
  /// iALS as revisited by Rendle et al. 2022, at their settings for MovieLens 20M.
  case ials
  /// Surprise's `SVD`.
  case surprise

  /// What the peer does where nothing is said.
  struct Defaults {
    var rank = 64
    var iterations = 15
    var regularization = 0.1
    var feedback = ModelOptions.FeedbackKind.explicit
    var confidence = Confidence.Convention.hu
    var alpha: Double?
    var unobservedWeight: Double?
    var frequencyExponent: Double?
    var hasBias = false
    var biasRegularization: Double?
    var algorithm = ModelOptions.AlgorithmKind.als
    var learningRate = 0.01
  }

  var defaults: Defaults {
    var values = Defaults()
    switch self {
    case .spark:
      (values.rank, values.iterations, values.regularization) = (10, 10, 0.1)
      (values.confidence, values.alpha) = (.spark, 1)
    case .implicit:
      (values.rank, values.iterations, values.regularization) = (100, 15, 0.01)
      (values.feedback, values.confidence, values.alpha) = (.implicit, .implicit, 1)
    case .ials:
      (values.rank, values.iterations, values.regularization) = (64, 16, 0.003)
      (values.feedback, values.confidence) = (.implicit, .ials)
      (values.unobservedWeight, values.frequencyExponent) = (0.1, 1)
    case .surprise:
      (values.rank, values.iterations, values.regularization) = (100, 20, 0.02)
      (values.hasBias, values.biasRegularization) = (true, 0.02)
      (values.algorithm, values.learningRate) = (.sgd, 0.005)
    }
    return values
  }
}
