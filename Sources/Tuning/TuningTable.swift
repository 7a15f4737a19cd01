import BlockMatrix

/// The outcome of a cross-validation: mean and standard error of each point, and two choices.
package struct TuningTable: Sendable {
  package struct Row: Sendable {
    package let point: Hyperparameters
    /// Over the folds.
    package let mean: Double
    /// The standard deviation over the folds divided by the root of their number.
    package let standardError: Double
  }

  package let rows: [Row]
  /// The row with the best mean; the first of equals.
  package let best: Int
  /// The simplest row whose mean is within one standard error of the best.
  ///
  /// Simplest: the lowest rank, then the largest λ (Hastie, Tibshirani and Friedman, *The Elements
  /// of Statistical Learning*, section 7.10.1).
  package let simplest: Int

  /// - Precondition: There is a point, and each has a value in each of at least two folds.
  package init(_ points: [Hyperparameters], values: [[Double]], higherIsBetter: Bool) {
    precondition(!points.isEmpty && points.count == values.count)
    let rows = zip(points, values).map { point, values in
      let count = Double(values.count)
      let mean = values.reduce(0, +) / count
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return Row(
        point: point, mean: mean,
        standardError: (squares / (count - 1)).squareRoot() / count.squareRoot())
    }
    func isBetter(_ left: Double, _ right: Double) -> Bool {
      higherIsBetter ? left > right : left < right
    }
    var best = 0
    for index in rows.indices where isBetter(rows[index].mean, rows[best].mean) { best = index }
    let limit =
      rows[best].mean + (higherIsBetter ? -1 : 1) * rows[best].standardError
    var simplest = best
    for index in rows.indices where !isBetter(limit, rows[index].mean) {
      let (one, other) = (rows[index].point, rows[simplest].point)
      if (one.rank, -one.regularization) < (other.rank, -other.regularization) {
        simplest = index
      }
    }
    self.rows = rows
    self.best = best
    self.simplest = simplest
  }
}
