import BlockMatrix
import Kernels
import Workers

/// The error of a model over ratings that it was not trained on.
struct HoldoutError: Sendable {
  let ratings: HoldoutRatings
  let kernels: KernelSet
  let workers: Int

  /// Ratings that are summed at once; fixed, so that the sum does not depend on the workers.
  private static let rangeLength = 1 << 16

  /// The root mean squared error; `nil` where no rating was kept back.
  func rmse(_ factors: PerSide<FactorTable>, mean: Float) throws(Failure) -> Double? {
    let rangeCount = (ratings.count + Self.rangeLength - 1) / Self.rangeLength
    let sums = try Parallel.map(rangeCount, workers: workers) { range throws(Failure) in
      let first = range * Self.rangeLength
      return squaredError(
        first..<min(first + Self.rangeLength, ratings.count), factors, mean: mean)
    }
    return rootMeanSquare(sums.reduce(0, +), count: ratings.count)
  }

  private func squaredError(
    _ range: Range<Int>, _ factors: PerSide<FactorTable>, mean: Float
  ) -> Double {
    let (users, items) = (factors.user, factors.item)
    let bias = users.hasBias ? users.rank : -1
    var sum = 0.0
    for position in range {
      let x = unsafe users.base + Int(ratings.users[position]) * users.stride
      let y = unsafe items.base + Int(ratings.items[position]) * items.stride
      let predicted = unsafe kernels.predict(x, y, users.rank, bias, mean)
      let error = Double(ratings.values[position]) - Double(predicted)
      sum += error * error
    }
    return sum
  }
}

/// The root of the mean of squares that sum up to `sum`; `nil` where there are none.
func rootMeanSquare(_ sum: Double, count: Int) -> Double? {
  count > 0 ? (sum / Double(count)).squareRoot() : nil
}
