import BlockMatrix
import Workers

/// The error of a model over ratings that it was not trained on.
struct HoldoutError: Sendable {
  let ratings: HoldoutRatings
  let workers: Int

  /// Ratings that are summed at once; fixed, so that the sum does not depend on the workers.
  private static let rangeLength = 1 << 16

  /// The root mean squared error, or nothing where no rating was kept back.
  func rmse(_ factors: PerSide<FactorTable>) throws(Failure) -> Double? {
    guard ratings.count > 0 else { return nil }
    let rangeCount = (ratings.count + Self.rangeLength - 1) / Self.rangeLength
    let sums = try Parallel.map(rangeCount, workers: workers) { range throws(Failure) in
      let first = range * Self.rangeLength
      return squaredError(
        first..<min(first + Self.rangeLength, ratings.count), users: factors.user,
        items: factors.item)
    }
    return (sums.reduce(0, +) / Double(ratings.count)).squareRoot()
  }

  private func squaredError(
    _ range: Range<Int>, users: FactorTable, items: FactorTable
  ) -> Double {
    var sum = 0.0
    for position in range {
      let x = unsafe users.base + Int(ratings.users[position]) * users.stride
      let y = unsafe items.base + Int(ratings.items[position]) * items.stride
      var product = 0.0
      for k in 0..<users.rank { unsafe product += Double(x[k]) * Double(y[k]) }
      let error = Double(ratings.values[position]) - product
      sum += error * error
    }
    return sum
  }
}
