import BlockMatrix

/// Alternating least squares as the papers write it: Double, dense, without blocks or threads.
///
/// Slow and plain on purpose. It shares no arithmetic with what it checks.
package struct DenseReference {
  package let matrix: RatingMatrix
  package let hyperparameters: Hyperparameters
  /// Row after row of each side's factors.
  package var factors: PerSide<[[Double]]>

  package init(
    _ matrix: RatingMatrix, hyperparameters: Hyperparameters, factors: PerSide<[[Double]]>
  ) {
    self.matrix = matrix
    self.hyperparameters = hyperparameters
    self.factors = factors
  }

  /// Begins with the factors of tables.
  package init(
    _ matrix: RatingMatrix, hyperparameters: Hyperparameters, tables: PerSide<FactorTable>
  ) {
    self.init(
      matrix, hyperparameters: hyperparameters,
      factors: PerSide(
        user: tables.user.rows.map { $0.map(Double.init) },
        item: tables.item.rows.map { $0.map(Double.init) }))
  }

  /// Solves every row of a side against the other side.
  package mutating func solve(_ side: Side) {
    let rows = matrix.rows(side)
    factors[side] = rows.map { ratings in
      let (a, b) = normalEquations(of: ratings, fixed: factors[side.opposite])
      return LinearSystem.solve(a, b)
    }
  }

  /// Σ (r − x·y)² + λ (Σ s |x|² + Σ s |y|²), with s the row's count, or 1.
  package var objective: Double {
    var sum = squaredError
    for side in Side.allCases {
      for (row, count) in zip(factors[side], matrix.counts(side)) {
        sum += hyperparameters.ridge(count: Int(count), oppositeCount: 0) * dot(row, row)
      }
    }
    return sum
  }

  /// Σ (r − x·y)² over all ratings.
  package var squaredError: Double {
    matrix.ratings.reduce(0) { sum, rating in
      let error = Double(rating.value) - dot(factors.user[rating.user], factors.item[rating.item])
      return sum + error * error
    }
  }

  /// Half the objective's gradient at each row of a side: A x − b.
  package func gradient(_ side: Side) -> [[Double]] {
    zip(matrix.rows(side), factors[side]).map { ratings, row in
      let (a, b) = normalEquations(of: ratings, fixed: factors[side.opposite])
      return zip(a, b).map { dot($0, row) - $1 }
    }
  }

  /// A = Σ y yᵀ + ridge I and b = Σ r y of one row.
  private func normalEquations(
    of ratings: [(column: Int, value: Float)], fixed: [[Double]]
  ) -> (a: [[Double]], b: [Double]) {
    let rank = hyperparameters.rank
    var a = [[Double]](repeating: [Double](repeating: 0, count: rank), count: rank)
    var b = [Double](repeating: 0, count: rank)
    for rating in ratings {
      let y = fixed[rating.column]
      for i in 0..<rank {
        for j in 0..<rank { a[i][j] += y[i] * y[j] }
        b[i] += Double(rating.value) * y[i]
      }
    }
    for i in 0..<rank { a[i][i] += hyperparameters.ridge(count: ratings.count, oppositeCount: 0) }
    return (a, b)
  }
}

/// Dense linear algebra in Double.
package enum LinearSystem {
  /// Solves A x = b by Gaussian elimination with partial pivoting.
  ///
  /// A singular system gives zeros for what it does not determine, so that a row without ratings
  /// has zero factors where λ is 0.
  package static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
    var a = matrix
    var b = right
    let n = b.count
    for column in 0..<n {
      let pivot = (column..<n).max { abs(a[$0][column]) < abs(a[$1][column]) } ?? column
      guard abs(a[pivot][column]) > 0 else { continue }
      a.swapAt(column, pivot)
      b.swapAt(column, pivot)
      for row in column + 1..<n where a[row][column] != 0 {
        let factor = a[row][column] / a[column][column]
        for k in column..<n { a[row][k] -= factor * a[column][k] }
        b[row] -= factor * b[column]
      }
    }
    var x = [Double](repeating: 0, count: n)
    for row in (0..<n).reversed() where a[row][row] != 0 {
      let known = (row + 1..<n).reduce(0) { $0 + a[row][$1] * x[$1] }
      x[row] = (b[row] - known) / a[row][row]
    }
    return x
  }
}

/// Σ a·b.
package func dot(_ a: [Double], _ b: [Double]) -> Double {
  zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
}

/// The largest difference of two sets of rows, relative to the largest number in `expected`.
package func relativeDifference(_ actual: [[Double]], _ expected: [[Double]]) -> Double {
  precondition(actual.map(\.count) == expected.map(\.count), "the shapes differ")
  let scale = expected.joined().reduce(0) { max($0, abs($1)) }
  let difference = zip(actual.joined(), expected.joined())
    .reduce(0) { $1.0.isNaN ? .infinity : max($0, abs($1.0 - $1.1)) }
  return scale > 0 ? difference / scale : difference
}

/// The largest difference of a table's factors from a reference, relative to the largest factor.
package func relativeDifference(_ actual: FactorTable, _ expected: [[Double]]) -> Double {
  relativeDifference(actual.rows.map { $0.map(Double.init) }, expected)
}
