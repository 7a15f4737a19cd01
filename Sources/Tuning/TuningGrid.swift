import BlockMatrix

/// The points that a cross-validation compares: every combination of the values given.
package struct TuningGrid: Sendable {
  /// Values to try for λ₁.
  package var regularization: [Double]
  package var ranks: [Int]
  /// For λ₂; empty for models without biases.
  package var biasRegularization: [Double]
  /// For α; empty where the model has none.
  package var alpha: [Double]

  package init(
    regularization: [Double], ranks: [Int], biasRegularization: [Double] = [],
    alpha: [Double] = []
  ) {
    self.regularization = regularization
    self.ranks = ranks
    self.biasRegularization = biasRegularization
    self.alpha = alpha
  }

  /// Every combination; λ₁ changes fastest, from the largest down.
  ///
  /// - Parameter base: What all points share.
  package func points(_ base: Hyperparameters) throws(Failure) -> [Hyperparameters] {
    var points = [base]
    points = try Self.each(ranks, ModelSetting.rank, points)
    points = try Self.each(alpha, ModelSetting.alpha, points)
    points = try Self.each(biasRegularization, ModelSetting.biasRegularization, points)
    return try Self.each(
      regularization.sorted(by: >), ModelSetting.regularization, points)
  }

  /// Each point with each of some values for a setting; the points where there are none.
  private static func each<Value: SettingType>(
    _ values: [Value], _ setting: Setting<Value>, _ points: [Hyperparameters]
  ) throws(Failure) -> [Hyperparameters] {
    guard !values.isEmpty else { return points }
    var all: [Hyperparameters] = []
    for point in points { for value in values { all.append(try point.with(setting, value)) } }
    return all
  }
}
