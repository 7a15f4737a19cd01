import BlockMatrix
import BlockStore
import TestSupport

/// The ratings that the tests of ranks train on, and what they compare.
enum RankSample {
  static let matrix = RatingMatrix.random(
    userCount: 80, itemCount: 45, ratingCount: 900, seed: 11)

  /// Some of the ratings kept back, so that the hold-out's error is seen too.
  static func partition(
    at path: String, userBlocks: Int, itemBlocks: Int
  ) throws -> Partition {
    let held = HoldoutRatings(
      users: [0, 0, 7, 20, 41, 63, 79], items: [3, 44, 11, 0, 9, 30, 2],
      values: [3, 4.5, 1, 2, 5, 3.5, 4])
    return try matrix.partition(
      at: path, userBlocks: userBlocks, itemBlocks: itemBlocks, holdout: held)
  }

  struct Trained: Sendable, Equatable {
    let digest: String
    let history: [IterationRecord]
  }
}
