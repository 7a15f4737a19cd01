import BlockMatrix
import Workers

/// How far predictions are from ratings.
package struct Accuracy: Sendable, Equatable {
  /// Ratings that were compared.
  package let pairs: Int
  /// Among them those whose user or item is unknown, predicted by μ and the bias that is known.
  package let fallbackPairs: Int
  /// Ratings that were left out, because their user or item is unknown.
  package let unknownPairs: Int
  /// The root of the mean squared error; nothing where no rating was compared.
  package let rmse: Double?
  /// The mean absolute error.
  package let mae: Double?

  /// Compares a model's predictions with ratings.
  ///
  /// Errors are summed in Double, in the order of the ratings in ranges of fixed length, and the
  /// ranges' sums in their order: the result does not depend on the workers.
  ///
  /// - Parameter clip: Whether predictions are kept within the scale of the training ratings.
  /// - Complexity: O(ratings · rank).
  package static func measure(
    _ model: FactorModel, on test: TestRatings, clip: Bool, workers: Int
  ) throws(Failure) -> Accuracy {
    let length = 1 << 14
    let rangeCount = (test.ratings.count + length - 1) / length
    let parts = try Parallel.map(rangeCount, workers: workers) { range throws(Failure) in
      var errors = Errors()
      for rating in range * length..<min(test.ratings.count, (range + 1) * length) {
        errors.add(rating, of: test, model: model, clip: clip)
      }
      return errors
    }
    var all = Errors()
    for part in parts { all.add(part) }
    return Accuracy(
      pairs: all.pairs, fallbackPairs: all.fallbackPairs,
      unknownPairs: test.ratings.count - all.pairs + test.unstoredPairs,
      rmse: all.pairs == 0 ? nil : (all.squares / Double(all.pairs)).squareRoot(),
      mae: all.pairs == 0 ? nil : all.magnitudes / Double(all.pairs))
  }

  private struct Errors: Sendable {
    var pairs = 0
    var fallbackPairs = 0
    var squares = 0.0
    var magnitudes = 0.0

    mutating func add(_ rating: Int, of test: TestRatings, model: FactorModel, clip: Bool) {
      let isKnown = test.isKnown(rating)
      guard
        var prediction = model.predict(
          user: isKnown.user ? Int(test.ratings.users[rating]) : nil,
          item: isKnown.item ? Int(test.ratings.items[rating]) : nil)
      else { return }
      if clip { prediction = min(max(prediction, model.scale.lowerBound), model.scale.upperBound) }
      let error = Double(test.ratings.values[rating]) - Double(prediction)
      pairs += 1
      if !isKnown.user || !isKnown.item { fallbackPairs += 1 }
      squares += error * error
      magnitudes += error.magnitude
    }

    mutating func add(_ other: Errors) {
      pairs += other.pairs
      fallbackPairs += other.fallbackPairs
      squares += other.squares
      magnitudes += other.magnitudes
    }
  }
}
