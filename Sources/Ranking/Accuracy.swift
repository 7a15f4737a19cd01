import BlockMatrix
import BlockStore
import Workers

/// How far predictions are from ratings.
package struct Accuracy: Sendable, Equatable {
  /// Ratings that were compared.
  package let pairs: Int
  /// Among them those whose user or item is unknown, predicted by μ and the bias that is known.
  package let fallbackPairs: Int
  /// Ratings that were left out, because their user or item is unknown.
  package let unknownPairs: Int
  /// The root of the mean squared error; `nil` where no rating was compared.
  package let rmse: Double?
  /// The mean absolute error.
  package let mae: Double?

  /// Compares a model's predictions with ratings.
  ///
  /// Errors are summed in Double, in the order of the ratings in ranges of fixed length, and the
  /// ranges' sums in their order: the result does not depend on the workers. A worker has all items
  /// in memory, and the users of its range: ratings ascend by user.
  ///
  /// - Parameter clip: Whether predictions are kept within the scale of the training ratings.
  /// - Complexity: O(ratings · rank).
  package static func measure(
    _ model: FactorModel, on test: TestRatings, clip: Bool, workers: Int
  ) throws(Failure) -> Accuracy {
    let length = 1 << 14
    let rangeCount = (test.ratings.count + length - 1) / length
    let items = try model.rows.item.table(workers: workers)
    let parts = try Parallel.map(rangeCount, workers: workers) { range throws(Failure) in
      let ratings = range * length..<min(test.ratings.count, (range + 1) * length)
      return try errors(of: ratings, in: test, model, items: items, clip: clip)
    }
    var all = Errors()
    for part in parts { all.add(part) }
    return Accuracy(
      pairs: all.pairs, fallbackPairs: all.fallbackPairs,
      unknownPairs: test.ratings.count - all.pairs + test.unstoredPairs,
      rmse: all.pairs == 0 ? nil : (all.squares / Double(all.pairs)).squareRoot(),
      mae: all.pairs == 0 ? nil : all.magnitudes / Double(all.pairs))
  }

  /// The errors of some ratings, in their order.
  private static func errors(
    of ratings: Range<Int>, in test: TestRatings, _ model: FactorModel, items: FactorTable,
    clip: Bool
  ) throws(Failure) -> Errors {
    var users: [UInt32] = []
    for rating in ratings where test.isKnown(rating).user {
      let user = test.ratings.users[rating]
      if user != users.last { users.append(user) }
    }
    let predictor = Predictor(
      model, users: try model.rows.user.table(of: users), items: items)
    var errors = Errors()
    /// The place of a rating's user in the table of the users.
    var place = 0
    for rating in ratings {
      let (user, item) = (test.ratings.users[rating], test.ratings.items[rating])
      let isKnown = test.isKnown(rating)
      if isKnown.user, users[place] != user { place += 1 }
      guard
        var prediction = predictor.predict(
          user: isKnown.user ? place : nil, item: isKnown.item ? Int(item) : nil)
      else { continue }
      if clip { prediction = min(max(prediction, model.scale.lowerBound), model.scale.upperBound) }
      errors.add(
        Double(test.ratings.values[rating]) - Double(prediction),
        isFallback: !isKnown.user || !isKnown.item)
    }
    return errors
  }

  private struct Errors: Sendable {
    var pairs = 0
    var fallbackPairs = 0
    var squares = 0.0
    var magnitudes = 0.0

    mutating func add(_ error: Double, isFallback: Bool) {
      pairs += 1
      if isFallback { fallbackPairs += 1 }
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
