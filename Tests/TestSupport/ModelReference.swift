import BlockMatrix

/// One phase of any model, cell by cell over the whole matrix, in Double.
///
/// Written from the objectives, not from the normal equations that the solver sums.
package struct ModelReference {
  let matrix: RatingMatrix
  let settings: Hyperparameters
  let mean: Double

  package init(matrix: RatingMatrix, settings: Hyperparameters, mean: Double) {
    self.matrix = matrix
    self.settings = settings
    self.mean = mean
  }

  /// The terms weight · (aim − s)² that a cell has in the objective.
  func terms(_ rating: Float?) -> [(weight: Double, aim: Double)] {
    guard let confidence = settings.feedback.confidence else {
      return rating.map { [(1, Double($0) - mean)] } ?? []
    }
    let alpha = confidence.alpha
    switch (confidence.convention, rating.map(Double.init)) {
    case (.ials, let r):
      return [(confidence.unobservedWeight, 0)] + (r == nil ? [] : [(1, 1)])
    case (_, nil): return [(1, 0)]
    case (.hu, let r?): return [r > 0 ? (1 + alpha * r, 1) : (1, 0)]
    case (.spark, let r?): return [(1 + alpha * abs(r), r > 0 ? 1 : 0)]
    case (.implicit, let r?): return [(alpha * abs(r), r > 0 ? 1 : 0)]
    }
  }

  /// The ratings of a row that its ridge counts.
  func count(_ row: [(column: Int, value: Float)]) -> Int {
    settings.feedback.confidence?.convention == .spark
      ? row.count { $0.value > 0 } : row.count
  }

  /// A row's unknowns, its bias last where there is one, and its loss.
  package func solve(
    _ row: [(column: Int, value: Float)], fixed: FactorTable
  ) -> (x: [Double], loss: Double) {
    let (a, b) = equations(row, fixed: fixed)
    let x = settings.isNonnegative ? nonnegative(a, b) : LinearSystem.solve(a, b)
    let loss = cells(row, fixed: fixed).reduce(0) { sum, cell in
      let error = cell.aim - dot(x, cell.y)
      return sum + cell.weight * error * error
    }
    return (x, loss)
  }

  /// The matrix, ridge included, and the vector of a row's equations.
  package func equations(
    _ row: [(column: Int, value: Float)], fixed: FactorTable
  ) -> (a: [[Double]], b: [Double]) {
    let order = settings.rank + (settings.hasBias ? 1 : 0)
    var a = [[Double]](repeating: [Double](repeating: 0, count: order), count: order)
    var b = [Double](repeating: 0, count: order)
    for (y, weight, aim) in cells(row, fixed: fixed) {
      for i in 0..<order {
        for j in 0..<order { a[i][j] += weight * y[i] * y[j] }
        b[i] += weight * aim * y[i]
      }
    }
    for i in 0..<order {
      a[i][i] +=
        i < settings.rank
        ? settings.ridge(count: count(row), oppositeCount: fixed.rowCount)
        : settings.biasRidge(count: count(row))
    }
    return (a, b)
  }

  /// What each cell of a row asks of its unknowns: weight · (aim − x·y)².
  private func cells(
    _ row: [(column: Int, value: Float)], fixed: FactorTable
  ) -> [(y: [Double], weight: Double, aim: Double)] {
    let ratings = Dictionary(uniqueKeysWithValues: row.map { ($0.column, $0.value) })
    return (0..<fixed.rowCount).flatMap { column in
      let y = fixed.factors(column).map(Double.init) + (settings.hasBias ? [1] : [])
      return terms(ratings[column]).map { ($0.weight, $0.aim - Double(fixed.bias(column))) }
        .map { (y, $0.0, $0.1) }
    }
  }

  /// Projected gradient steps until nothing moves.
  private func nonnegative(_ a: [[Double]], _ b: [Double]) -> [Double] {
    var x = [Double](repeating: 0, count: b.count)
    for _ in 0..<100_000 {
      var change = 0.0
      for i in b.indices {
        let new = max(0, x[i] - (dot(a[i], x) - b[i]) / a[i][i])
        change = max(change, abs(new - x[i]))
        x[i] = new
      }
      if change < 1e-13 { break }
    }
    return x
  }

  /// Half a phase against a table: how far a solved table is off, in factors and in loss.
  package func difference(
    _ side: Side, fixed: FactorTable, solved: FactorTable, losses: [Double]
  ) -> (factors: Double, loss: Double) {
    let expected = matrix.rows(side).map { solve($0, fixed: fixed) }
    let actual = (0..<solved.rowCount).map { row in
      solved.factors(row).map(Double.init) + (settings.hasBias ? [Double(solved.bias(row))] : [])
    }
    let total = expected.reduce(0) { $0 + $1.loss }
    return (
      relativeDifference(actual, expected.map(\.x)), abs(losses.reduce(0, +) - total) / total
    )
  }
}
