import BlockMatrix
import FactorExchange
import Kernels
import LeastSquares
import Workers

/// The error of a model over ratings that it was not trained on.
struct HoldoutError: Sendable {
  /// The ratings of the users that this process owns: of which row of the factors, and which row
  /// of the items that it refers to.
  private let ratings: HoldoutRatings
  /// The ratings of the processes before this one.
  private let first: Int
  private let ranks: Ranks
  private let kernels: KernelSet
  private let workers: Int

  init(
    _ all: HoldoutRatings, in territory: Territory, ranks: Ranks, kernels: KernelSet, workers: Int
  ) {
    let users = territory.shares.user.indices
    let own = all.positions(ofUsers: users)
    first = own.lowerBound
    ratings =
      ranks.isAlone
      ? all
      : HoldoutRatings(
        users: all.users[own].map { $0 - UInt32(users.lowerBound) },
        items: all.items[own].map { UInt32(territory.position(of: Int($0), .item)) },
        values: Array(all.values[own]))
    self.ranks = ranks
    self.kernels = kernels
    self.workers = workers
  }

  /// The root mean squared error; `nil` where no rating was kept back.
  ///
  /// - Parameters:
  ///   - users: Those that this process owns.
  ///   - items: Those that it refers to.
  func rmse(users: FactorTable, items: FactorTable, mean: Float) throws(Failure) -> Double? {
    let ratings = ratings
    @Sendable func prediction(_ position: Int) -> Float {
      let x = unsafe users.base + Int(ratings.users[position]) * users.stride
      let y = unsafe items.base + Int(ratings.items[position]) * items.stride
      return unsafe kernels.predict(x, y, users.rank, users.hasBias ? users.rank : -1, mean)
    }
    guard ranks.isAlone else {
      let predictions = try Parallel.map(
        rangesOf: ratings.count, length: 1 << 14, workers: workers
      ) { range throws(Failure) in range.map(prediction) }.flatMap(\.self)
      let ranks = ranks
      return try RatingErrors.measure(ratings, predictions: predictions, from: first) {
        start, step throws(Failure) in try ranks.fold(start, step)
      }.rmse
    }
    return try RatingErrors.measure(ratings, workers: workers) { range in
      var errors = RatingErrors()
      for position in range {
        errors.add(rating: ratings.values[position], prediction: prediction(position))
      }
      return errors
    }.rmse
  }
}

extension HoldoutRatings {
  /// Where the ratings of some users are.
  ///
  /// - Complexity: O(log `count`).
  func positions(ofUsers users: Range<Int>) -> Range<Int> {
    func first(notBelow user: Int) -> Int {
      var (low, high) = (0, count)
      while low < high {
        let middle = (low + high) / 2
        if Int(self.users[middle]) < user { low = middle + 1 } else { high = middle }
      }
      return low
    }
    return first(notBelow: users.lowerBound)..<first(notBelow: users.upperBound)
  }
}
