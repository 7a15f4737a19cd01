import BlockMatrix
import BlockStore
import LeastSquares

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
  /// A worker has all items in memory, and the users of its range: ratings ascend by user.
  ///
  /// - Parameter clip: Whether predictions are kept within the scale of the training ratings.
  /// - Complexity: O(ratings · rank).
  package static func measure(
    _ model: FactorModel, on test: TestRatings, clip: Bool, workers: Int
  ) throws(Failure) -> Accuracy {
    let items = try model.rows.item.table(workers: workers)
    let errors = try RatingErrors.measure(test.ratings, workers: workers) {
      ratings throws(Failure) in
      try Self.errors(of: ratings, in: test, model, items: items, clip: clip)
    }
    return Accuracy(
      pairs: errors.count,
      fallbackPairs: model.hasBias ? test.ratings.count - test.knownPairs.count : 0,
      unknownPairs: test.ratings.count - errors.count + test.unstoredPairs, rmse: errors.rmse,
      mae: errors.mae)
  }

  /// The errors of some ratings, in their order.
  private static func errors(
    of ratings: Range<Int>, in test: TestRatings, _ model: FactorModel, items: FactorTable,
    clip: Bool
  ) throws(Failure) -> RatingErrors {
    var users: [UInt32] = []
    for rating in ratings where test.isKnown(rating).user {
      let user = test.ratings.users[rating]
      if user != users.last { users.append(user) }
    }
    let predictor = Predictor(
      model, users: try model.rows.user.table(of: users), items: items)
    var errors = RatingErrors()
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
      errors.add(rating: test.ratings.values[rating], prediction: prediction)
    }
    return errors
  }
}
