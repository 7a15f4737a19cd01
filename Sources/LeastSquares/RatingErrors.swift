import BlockMatrix
import Workers

/// How far predictions are from ratings that they are compared with.
///
/// Training, `evaluate` and `tune` sum errors here, so that they say the same of the same model to
/// the last bit: in Double, in the order of the ratings within ranges of one length, and the
/// ranges' sums in their order, whatever the workers.
package struct RatingErrors: Sendable, Equatable {
  /// The ratings for which there is a prediction.
  package private(set) var count = 0
  private var squares = 0.0
  private var magnitudes = 0.0

  /// The root of the mean squared error; `nil` where nothing was compared.
  package var rmse: Double? { rootMeanSquare(squares, count: count) }
  /// The mean absolute error.
  package var mae: Double? { count > 0 ? magnitudes / Double(count) : nil }

  package init() {}

  package mutating func add(rating: Float, prediction: Float) {
    let error = Double(rating) - Double(prediction)
    count += 1
    squares += error * error
    magnitudes += error.magnitude
  }

  /// Measures many ratings at once.
  ///
  /// - Parameter errors: The errors of a range of the ratings, added in their order.
  package static func measure(
    _ ratings: HoldoutRatings, workers: Int,
    _ errors: @escaping @Sendable (Range<Int>) throws(Failure) -> RatingErrors
  ) throws(Failure) -> RatingErrors {
    // Short enough that the users of a range fit into memory where a model is read by blocks.
    let parts = try Parallel.map(
      rangesOf: ratings.count, length: 1 << 14, workers: workers, errors)
    return parts.reduce(into: RatingErrors()) { all, part in
      all.count += part.count
      all.squares += part.squares
      all.magnitudes += part.magnitudes
    }
  }
}

/// The root of the mean of squares that sum up to `sum`; `nil` where there are none.
package func rootMeanSquare(_ sum: Double, count: Int) -> Double? {
  count > 0 ? (sum / Double(count)).squareRoot() : nil
}
