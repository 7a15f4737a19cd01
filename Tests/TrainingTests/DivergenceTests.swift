import BlockMatrix
import BlockStore
import TestSupport
import Testing
import Training

/// Numbers that grow out of all bounds.
@Suite struct `Divergence` {
  private static let sample = RatingMatrix.random(
    userCount: 40, itemCount: 20, ratingCount: 400, seed: 5)

  private static func scaled(by factor: Float) -> RatingMatrix {
    RatingMatrix(
      userCount: 40, itemCount: 20,
      ratings: sample.ratings.enumerated().map { place, rating in
        RatingMatrix.Rating(
          user: rating.user, item: rating.item,
          value: (place % 5 == 0 ? -1 : 1) * min(3.4e38, rating.value.magnitude * factor))
      })
  }

  @Test(
    arguments: [
      ("a λ beyond floats", 1, try? Hyperparameters(rank: 4, regularization: 1e308)),
      (
        "descent that leaps", 1e30,
        try? Hyperparameters(
          rank: 4, algorithm: .sgd(StochasticSettings(learningRate: 1, gridSize: 2)))
      ),
    ] as [(String, Float, Hyperparameters?)])
  func `is named, stores nothing, and keeps what was before`(
    name: String, factor: Float, hyperparameters: Hyperparameters?
  ) throws {
    let folder = try TemporaryDirectory()
    let partition = try Self.scaled(by: factor).partition(at: folder.path + "/p")
    let hyperparameters = try #require(hyperparameters)
    #expect {
      try Trainer.run(
        partition, into: ModelDirectory.openOrCreate(folder.path + "/m", in: PosixFileSystem()),
        hyperparameters: hyperparameters,
        settings: TrainingSettings(run: RunSettings(iterations: 40), workers: 2))
    } throws: { error in
      guard let failure = error as? Failure else { return false }
      return failure.code == .diverged && failure.place.hasPrefix("iteration ")
        && failure.message.contains("diverged") && !failure.hint.isEmpty
    }
    guard try PosixFileSystem().status(folder.path + "/m") != nil else { return }
    let model = try ModelDirectory.open(folder.path + "/m", in: PosixFileSystem())
    let newest = try #require(try model.newestGood())
    for record in newest.facts.history { #expect(record.objective.isFinite) }
    for line in try model.log.lines() { #expect(!line.contains("nan") && !line.contains("inf")) }
  }

  @Test func `is not what comes of ratings whose sums only doubles can hold`() throws {
    let folder = try TemporaryDirectory()
    let partition = try Self.scaled(by: 6.8e37).partition(at: folder.path + "/p")
    let model = try ModelDirectory.openOrCreate(folder.path + "/m", in: PosixFileSystem())
    _ = try Trainer.run(
      partition, into: model, hyperparameters: Hyperparameters(rank: 4, biasRegularization: 0),
      settings: TrainingSettings(run: RunSettings(iterations: 10), workers: 2))
    let history = try #require(try model.newestGood()).facts.history
    #expect(history.count == 10)
    let start = try #require(history.first?.rmse)
    let end = try #require(history.last?.rmse)
    #expect(end <= start && start < 3.4e38)
  }
}
