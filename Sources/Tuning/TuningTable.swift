import BlockMatrix

/// The outcome of a tuning: what the models that were measured in every fold came to, and two
/// choices among them.
package struct TuningTable: Sendable {
  package struct Row: Sendable {
    package let point: Hyperparameters
    package let folds: [FoldValue]
    /// As `evaluate` measures it, over the folds; `nil` where training diverged in one of them.
    package let mean: Double?
    /// The same over the pairs that every model predicts.
    package let known: Double?
    /// What models are compared by: `known` where some of them predict pairs that others leave out.
    package let score: Double?
    /// The standard deviation of the score over the folds, divided by the root of their number.
    package let standardError: Double?

    init(_ point: Hyperparameters, _ folds: [FoldValue], isMixed: Bool) {
      self.point = point
      self.folds = folds
      mean = TuningTable.score(folds, isMixed: false)
      known = TuningTable.score(folds, isMixed: true)
      let score = TuningTable.score(folds, isMixed: isMixed)
      self.score = score
      standardError = score.map { score in
        let values = folds.compactMap { isMixed ? $0.known : $0.value }
        let squares = values.reduce(0) { $0 + ($1 - score) * ($1 - score) }
        let count = Double(values.count)
        // n − 1, for the mean was taken from the same folds.
        return (squares / (count - 1)).squareRoot() / count.squareRoot()
      }
    }
  }

  /// A value of the best model beyond which nothing was tried.
  package struct Edge: Sendable, Equatable {
    package let setting: String
    package let value: Double
    package let isLargest: Bool
  }

  package let rows: [Row]
  /// Whether scores are over the pairs that all models predict.
  package let isMixed: Bool
  /// The row with the best score; the first of equals; one that diverged only if all did.
  package let best: Int
  /// The simplest row whose score is within one standard error of the best.
  ///
  /// Simplest: the lowest rank; there, of those like the best one, the largest λ (Hastie,
  /// Tibshirani and Friedman, *The Elements of Statistical Learning*, section 7.10.1).
  package let simplest: Int
  package let edges: [Edge]

  /// - Parameters:
  ///   - values: For each point its value in each of at least two folds.
  ///   - tried: All points that were measured in any way.
  /// - Precondition: There is a point.
  package init(
    _ points: [Hyperparameters], values: [[FoldValue]], tried: [Hyperparameters], isMixed: Bool,
    higherIsBetter: Bool
  ) {
    precondition(!points.isEmpty && points.count == values.count)
    let rows = zip(points, values).map { Row($0, $1, isMixed: isMixed) }
    let order = Self.order(rows.map(\.score), higherIsBetter: higherIsBetter)
    self.rows = rows
    self.isMixed = isMixed
    best = order[0]
    simplest = Self.simplest(rows, order, higherIsBetter: higherIsBetter)
    edges = Self.edges(of: rows[order[0]].point, among: tried)
  }

  /// The mean over the folds; `nil` where training diverged in one of them.
  static func score(_ folds: [FoldValue], isMixed: Bool) -> Double? {
    let values = folds.compactMap { isMixed ? $0.known : $0.value }
    return values.count == folds.count ? values.reduce(0, +) / Double(values.count) : nil
  }

  /// Positions from the best score to the worst; equals in their order, those without one last.
  static func order(_ scores: [Double?], higherIsBetter: Bool) -> [Int] {
    scores.indices.sorted { left, right in
      switch (scores[left], scores[right]) {
      case (let one?, let other?) where one != other: higherIsBetter ? one > other : one < other
      case (.some, nil): true
      case (nil, .some): false
      default: left < right
      }
    }
  }

  private static func simplest(_ rows: [Row], _ order: [Int], higherIsBetter: Bool) -> Int {
    let best = rows[order[0]]
    guard let score = best.score, let error = best.standardError else { return order[0] }
    let near = order.filter { row in
      rows[row].score.map { higherIsBetter ? $0 >= score - error : $0 <= score + error } ?? false
    }
    let rank = near.map { rows[$0].point.rank }.min()
    let low = near.filter { rows[$0].point.rank == rank }
    return low.reduce(low[0]) { simplest, row in
      let (one, other) = (rows[row].point, rows[simplest].point)
      return one.isAlike(other) && one.regularization > other.regularization ? row : simplest
    }
  }

  private static func edges(of best: Hyperparameters, among tried: [Hyperparameters]) -> [Edge] {
    let alike = tried.filter { $0.isAlike(best) }
    func edge<Value: SettingType>(
      _ setting: Setting<Value>, _ number: (Value) -> Double
    ) -> Edge? {
      // Among models in which it means the same: λ by count and plain λ have no common scale.
      let values = alike.compactMap { $0.values[setting].map(number) }
      guard let own = best.values[setting].map(number), let least = values.min(),
        let most = values.max(), least < most, own == least || own == most
      else { return nil }
      return Edge(setting: setting.name, value: own, isLargest: own == most)
    }
    return [
      edge(ModelSetting.rank, Double.init), edge(ModelSetting.regularization) { $0 },
      edge(ModelSetting.biasRegularization) { $0 }, edge(ModelSetting.alpha) { $0 },
    ].compactMap(\.self)
  }
}
