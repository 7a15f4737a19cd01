import BlockMatrix
import Kernels
import LeastSquares
import Workers

/// The error of a model over ratings that it was not trained on.
struct HoldoutError: Sendable {
  let ratings: HoldoutRatings
  let kernels: KernelSet
  let workers: Int

  /// The root mean squared error; `nil` where no rating was kept back.
  func rmse(_ factors: PerSide<FactorTable>, mean: Float) throws(Failure) -> Double? {
    let (users, items) = (factors.user, factors.item)
    let bias = users.hasBias ? users.rank : -1
    return try RatingErrors.measure(ratings, workers: workers) { [self] range in
      var errors = RatingErrors()
      for position in range {
        let x = unsafe users.base + Int(ratings.users[position]) * users.stride
        let y = unsafe items.base + Int(ratings.items[position]) * items.stride
        errors.add(
          rating: ratings.values[position],
          prediction: unsafe kernels.predict(x, y, users.rank, bias, mean))
      }
      return errors
    }.rmse
  }
}
