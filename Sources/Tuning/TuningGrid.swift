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
      for alpha in alpha.isEmpty ? [nil] : alpha.map(Optional.some) {
        for bias in biasRegularization.isEmpty ? [nil] : biasRegularization.map(Optional.some) {
          var path: [Hyperparameters] = []
          for regularization in regularization.sorted(by: >) {
            path.append(
              try Hyperparameters(
                rank: rank, regularization: regularization,
                regularizationScaling: base.regularizationScaling, seed: base.seed,
                feedback: try Self.feedback(base.feedback, alpha: alpha),
                biasRegularization: bias ?? base.biasRegularization,
                isNonnegative: base.isNonnegative, algorithm: base.algorithm))
          }
          paths.append(path)
        }
      }
    }
    return paths
  }

  private static func feedback(
    _ feedback: Feedback, alpha: Double?
  ) throws(Failure) -> Feedback {
    guard let alpha, let confidence = feedback.confidence else { return feedback }
    return .implicit(try Confidence(confidence.convention, alpha: alpha))
  }
}

extension Hyperparameters {
  /// The settings in one line: how a point is known in the record of a cross-validation.
  var line: String { settings.map { "\($0.name)=\($0.value)" }.joined(separator: " ") }
}
