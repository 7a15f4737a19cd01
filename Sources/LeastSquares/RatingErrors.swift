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
    let parts = try Parallel.map(
      rangesOf: ratings.count, length: rangeLength, workers: workers, errors)
    return parts.reduce(into: RatingErrors()) { $0.append($1) }
  }

  /// Measures ratings of which each process has some that follow those of the one before it.
  ///
  /// - Parameters:
  ///   - ratings: Those of this process.
  ///   - predictions: One for each.
  ///   - first: How many ratings the processes before it have.
  /// - Returns: The errors of all ratings.
  package static func measure(
    _ ratings: HoldoutRatings, predictions: [Float], from first: Int, fold: ScatteredSide.Fold
  ) throws(Failure) -> RatingErrors {
    let sums = try fold(RatingErrors().numbers + RatingErrors().numbers) { before in
      var all = RatingErrors(before[..<3])
      // A range may have begun in the process before.
      var range = RatingErrors(before[3...])
      for (position, prediction) in predictions.enumerated() {
        if (first + position) % rangeLength == 0 {
          all.append(range)
          range = RatingErrors()
        }
        range.add(rating: ratings.values[position], prediction: prediction)
      }
      return all.numbers + range.numbers
    }
    var all = RatingErrors(sums[..<3])
    all.append(RatingErrors(sums[3...]))
    return all
  }

  /// Short enough that the users of a range fit into memory where a model is read by blocks.
  private static let rangeLength = 1 << 14

  private mutating func append(_ part: RatingErrors) {
    count += part.count
    squares += part.squares
    magnitudes += part.magnitudes
  }

  private var numbers: [Double] { [Double(count), squares, magnitudes] }

  private init(_ numbers: ArraySlice<Double>) {
    let first = numbers.startIndex
    (count, squares, magnitudes) = (Int(numbers[first]), numbers[first + 1], numbers[first + 2])
  }
}

/// The root of the mean of squares that sum up to `sum`; `nil` where there are none.
package func rootMeanSquare(_ sum: Double, count: Int) -> Double? {
  count > 0 ? (sum / Double(count)).squareRoot() : nil
}
