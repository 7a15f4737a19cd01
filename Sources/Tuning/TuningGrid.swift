import BlockMatrix

/// The points that a cross-validation compares: every combination of the values given.
package struct TuningGrid: Sendable {
  /// Values to try for λ₁; a path goes through them from the largest down.
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

  /// The points in paths: along a path only λ₁ falls, so that each point can begin with the factors
  /// of the one before.
  ///
  /// - Parameter base: What all points share.
  package func paths(_ base: Hyperparameters) throws(Failure) -> [[Hyperparameters]] {
    var paths: [[Hyperparameters]] = []
    for rank in ranks {
      let ranked = try base.with(ModelSetting.rank, rank)
      for point in try Self.each(of: alpha, ModelSetting.alpha, in: ranked) {
        for start in try Self.each(
          of: biasRegularization, ModelSetting.biasRegularization, in: point)
        {
          paths.append(
            try Self.each(
              of: regularization.sorted(by: >), ModelSetting.regularization, in: start))
        }
      }
    }
    return paths
  }

  /// The model with each of some values for a setting; itself where there are none.
  private static func each(
    of values: [Double], _ setting: Setting<Double>, in base: Hyperparameters
  ) throws(Failure) -> [Hyperparameters] {
    guard !values.isEmpty else { return [base] }
    var points: [Hyperparameters] = []
    for value in values { points.append(try base.with(setting, value)) }
    return points
  }
}

extension Hyperparameters {
  /// The settings in one line: how a point is known in the record of a cross-validation.
  var line: String { settings.map { "\($0.name)=\($0.value)" }.joined(separator: " ") }
}
