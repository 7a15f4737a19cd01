import BlockMatrix

/// The outcome of a cross-validation: mean and standard error of each point, and two choices.
package struct TuningTable: Sendable {
  package struct Row: Sendable {
    package let point: Hyperparameters
    package let folds: [FoldValue]
    /// As `evaluate` measures it, over the folds; `nil` where training diverged in one of them.
    package let mean: Double?
    /// The standard deviation over the folds divided by the root of their number.
    package let standardError: Double?

    init(_ point: Hyperparameters, _ folds: [FoldValue]) {
      self.point = point
      self.folds = folds
      let values = folds.compactMap(\.value)
      let count = Double(values.count)
      guard values.count == folds.count else {
        (mean, standardError) = (nil, nil)
        return
      }
      let mean = values.reduce(0, +) / count
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      self.mean = mean
      standardError = (squares / (count - 1)).squareRoot() / count.squareRoot()
    }
  }

  package let rows: [Row]
  /// The row with the best mean; the first of equals; one that diverged only if all did.
  package let best: Int
  /// The simplest row whose mean is within one standard error of the best.
  ///
  /// Simplest: the lowest rank, then the largest λ (Hastie, Tibshirani and Friedman, *The Elements
  /// of Statistical Learning*, section 7.10.1).
  package let simplest: Int

  /// - Precondition: There is a point, and each has a value in each of at least two folds.
  package init(_ points: [Hyperparameters], values: [[FoldValue]], higherIsBetter: Bool) {
    precondition(!points.isEmpty && points.count == values.count)
    let rows = zip(points, values).map { Row($0, $1) }
    self.rows = rows
    best = Self.order(rows.map(\.mean), higherIsBetter: higherIsBetter)[0]
    simplest = Self.simplest(rows, best: best, higherIsBetter: higherIsBetter)
  }

  /// Positions from the best value to the worst; equals in their order, those without one last.
  static func order(_ values: [Double?], higherIsBetter: Bool) -> [Int] {
    values.indices.sorted { left, right in
      switch (values[left], values[right]) {
      case (let one?, let other?) where one != other: higherIsBetter ? one > other : one < other
      case (.some, nil): true
      case (nil, .some): false
      default: left < right
      }
    }
  }

  private static func simplest(_ rows: [Row], best: Int, higherIsBetter: Bool) -> Int {
    guard let mean = rows[best].mean, let error = rows[best].standardError else { return best }
    let near = rows.indices.filter { row in
      guard let value = rows[row].mean else { return false }
      return higherIsBetter ? value >= mean - error : value <= mean + error
    }
    return near.reduce(best) { simplest, row in
      let (one, other) = (rows[row].point, rows[simplest].point)
      return (one.rank, -one.regularization) < (other.rank, -other.regularization)
        ? row : simplest
    }
  }
}
