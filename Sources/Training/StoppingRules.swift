import BlockMatrix
import BlockStore

/// When training ends.
///
/// The rules are decided from the record of the iterations alone, so that a run that was
/// interrupted ends where an uninterrupted one does.
package struct StoppingRules: Sendable, Equatable {
  /// Iterations at most, those before an interruption included.
  package var iterations: Int
  /// Stop when an iteration lowers the objective by less than this share of it; nothing never does.
  package var tolerance: Double?
  /// Stop when the summed squared error over the training ratings has fallen so far.
  package var stopAtLoss: Double?
  /// Stop when so many iterations have not improved on the best hold-out metric before them.
  package var patience: Int?

  package init(
    iterations: Int = 15, tolerance: Double? = nil, stopAtLoss: Double? = nil,
    patience: Int? = nil
  ) throws(Failure) {
    func require(_ holds: Bool, _ option: String, _ rule: String) throws(Failure) {
      guard holds else { throw Failure(.usage, at: option, rule) }
    }
    try require((1...1_000_000).contains(iterations), "--iterations", "must be 1 or more")
    if let tolerance {
      try require(
        tolerance > 0 && tolerance < 1, "--tolerance", "must lie between 0 and 1, both excluded")
    }
    if let stopAtLoss {
      try require(stopAtLoss.isFinite && stopAtLoss >= 0, "--stop-at-loss", "must be 0 or more")
    }
    if let patience { try require(patience >= 1, "--patience", "must be 1 or more") }
    self.iterations = iterations
    self.tolerance = tolerance
    self.stopAtLoss = stopAtLoss
    self.patience = patience
  }

  /// Whether training is at its end after the iterations recorded.
  package func areMet(_ history: [IterationRecord], ratingCount: Int, higherIsBetter: Bool) -> Bool
  {
    if history.count >= iterations { return true }
    guard let last = history.last else { return false }
    if let stopAtLoss, let rmse = last.rmse, rmse * rmse * Double(ratingCount) <= stopAtLoss {
      return true
    }
    if let tolerance, history.count >= 2 {
      let before = history[history.count - 2].objective
      if before - last.objective < tolerance * before { return true }
    }
    if let patience, let best = Self.best(history, higherIsBetter: higherIsBetter) {
      return history.count - best >= patience
    }
    return false
  }

  /// The iteration, from 1, with the best hold-out metric; the first of equals.
  package static func best(_ history: [IterationRecord], higherIsBetter: Bool) -> Int? {
    var best: (iteration: Int, value: Double)?
    for (position, record) in history.enumerated() {
      guard let value = record.holdoutMetric ?? record.holdoutRmse else { continue }
      if let best, higherIsBetter ? value <= best.value : value >= best.value { continue }
      best = (position + 1, value)
    }
    return best?.iteration
  }
}

/// What is measured on the hold-out after each iteration besides the root mean squared error.
package struct HoldoutMetric: Sendable {
  /// As `ndcg@20`.
  package let name: String
  package let higherIsBetter: Bool
  package let measure: @Sendable (PerSide<FactorTable>, _ mean: Double) throws(Failure) -> Double

  package init(
    name: String, higherIsBetter: Bool,
    measure: @escaping @Sendable (PerSide<FactorTable>, _ mean: Double) throws(Failure) -> Double
  ) {
    self.name = name
    self.higherIsBetter = higherIsBetter
    self.measure = measure
  }
}
