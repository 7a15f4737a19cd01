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

  /// The settings of the peer's models; of those that have no meaning beside what is asked for,
  /// nothing is left.
  var settings: SettingValues {
    var values = SettingValues()
    func set(rank: Int, regularization: Double) {
      values[ModelSetting.rank] = rank
      values[ModelSetting.regularization] = regularization
    }
    switch self {
    case .spark:
      set(rank: 10, regularization: 0.1)
      values[ModelSetting.confidence] = .spark
      values[ModelSetting.alpha] = 1
    case .implicit:
      set(rank: 100, regularization: 0.01)
      values[ModelSetting.feedback] = .implicit
      values[ModelSetting.confidence] = .implicit
      values[ModelSetting.alpha] = 1
    case .ials:
      set(rank: 64, regularization: 0.003)
      values[ModelSetting.feedback] = .implicit
      values[ModelSetting.confidence] = .ials
      values[ModelSetting.unobservedWeight] = 0.1
      values[ModelSetting.frequencyExponent] = 1
    case .surprise:
      set(rank: 100, regularization: 0.02)
      values[ModelSetting.biases] = true
      values[ModelSetting.biasRegularization] = 0.02
      values[ModelSetting.algorithm] = .sgd
      values[ModelSetting.learningRate] = 0.005
      values[ModelSetting.learningRateScaling] = .unscaled
      values[ModelSetting.learningRateDamping] = 0
    }
    return values
  }

  /// The settings of the peer's runs.
  var run: SettingValues {
    var values = SettingValues()
    values[RunSetting.iterations] =
      switch self {
      case .spark: 10
      case .implicit: 15
      case .ials: 16
      case .surprise: 20
      }
    return values
  }
}
