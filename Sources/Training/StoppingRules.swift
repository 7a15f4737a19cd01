import BlockMatrix
import BlockStore

/// When training ends.
///
/// The rules are decided from the record of the iterations alone, so that a run that was
/// interrupted ends where an uninterrupted one does.
extension RunSettings {
  /// Whether training is at its end after the iterations recorded.
  package func areMet(
    _ history: some BidirectionalCollection<IterationRecord>, ratingCount: Int,
    higherIsBetter: Bool
  ) -> Bool {
    if history.count >= iterations { return true }
    guard let last = history.last else { return false }
    if let stopAtLoss, let rmse = last.rmse, rmse * rmse * Double(ratingCount) <= stopAtLoss {
      return true
    }
    if let tolerance, let before = history.dropLast().last?.objective,
      before - last.objective < tolerance * before
    {
      return true
    }
    if let patience, let best = Self.best(history, higherIsBetter: higherIsBetter) {
      return history.count - best >= patience
    }
    return false
  }

  /// The number of recorded iterations after which a run under these rules would have ended; `nil`
  /// where it would have gone on.
  func firstEnd(
    in history: [IterationRecord], ratingCount: Int, higherIsBetter: Bool
  ) -> Int? {
    (0..<history.count).first {
      areMet(history[..<$0], ratingCount: ratingCount, higherIsBetter: higherIsBetter)
    }
  }

  /// The iteration that a run has to keep, because it did best on the hold-out and that decides
  /// when to stop; `nil` where nothing was watched.
  package func best(_ history: [IterationRecord], higherIsBetter: Bool) -> Int? {
    patience == nil ? nil : Self.best(history, higherIsBetter: higherIsBetter)
  }

  /// The iteration, from 1, with the best hold-out metric; the first of equals.
  private static func best(
    _ history: some Collection<IterationRecord>, higherIsBetter: Bool
  ) -> Int? {
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
