import BlockMatrix
import BlockStore
import FactorExchange
import TestSupport
import Testing
import Training
import Workers

/// Several ranks, each with memory of its own, write what one process writes.
@Suite struct `Ranks` {
  private static let matrix = RatingMatrix.random(
    userCount: 80, itemCount: 45, ratingCount: 900, seed: 11)

  /// Some of the ratings kept back, so that the hold-out's error is seen too.
  private func partition(
    at path: String, userBlocks: Int, itemBlocks: Int
  ) throws -> Partition {
    let held = HoldoutRatings(
      users: [0, 0, 7, 20, 41, 63, 79], items: [3, 44, 11, 0, 9, 30, 2],
      values: [3, 4.5, 1, 2, 5, 3.5, 4])
    return try Self.matrix.partition(
      at: path, userBlocks: userBlocks, itemBlocks: itemBlocks, holdout: held)
  }

  private struct Trained: Sendable, Equatable {
    let digest: String
    let history: [IterationRecord]
  }

  private func train(
    _ partition: Partition, at path: String, _ hyperparameters: Hyperparameters, ranks: Int,
    iterations: Int = 3, workers: Int = 2
  ) throws -> Trained {
    _ = try LocalRanks.run(ranks) { ranks throws(Failure) in
      let model = try Trainer.openModel(path, ranks, in: PosixFileSystem())
      return try Trainer.run(
        partition, into: model, hyperparameters: hyperparameters,
        settings: TrainingSettings(run: RunSettings(iterations: iterations), workers: workers),
        ranks: ranks)
    }
    let found = try ModelDirectory.open(path, in: PosixFileSystem()).newestGood()
    let newest = try #require(found)
    return Trained(digest: try Digest.factors(newest.factors), history: newest.facts.history)
  }

  @Test(arguments: `Every model`.models.filter { (try? $0.make().solver) != nil })
  func `any number of them, over any blocks, write the same bytes`(
    model: `Every model`.Model
  ) throws {
    let folder = try TemporaryDirectory()
    let settings = try model.make()
    let whole = try partition(at: folder.file("p"), userBlocks: 1, itemBlocks: 1)
    let expected = try train(whole, at: folder.file("m"), settings, ranks: 1)
    for (users, items) in [(8, 8), (13, 9)] {
      let cut = try partition(
        at: folder.file("p\(users)"), userBlocks: users, itemBlocks: items)
      for ranks in [1, 2, 3, 5, 8] {
        let path = folder.file("m\(users)-\(ranks)")
        let found = try train(cut, at: path, settings, ranks: ranks, workers: ranks % 3 + 1)
        #expect(found == expected, "\(ranks) ranks, \(users) × \(items) blocks")
      }
    }
  }
}
