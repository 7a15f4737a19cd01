import BlockMatrix
import BlockStore
import FactorExchange
import TestSupport
import Testing
import Training
import Workers

/// Several ranks, each with memory of its own, write what one process writes.
@Suite struct `Ranks at work` {
  private func train(
    _ partition: Partition, at path: String, _ hyperparameters: Hyperparameters, ranks: Int,
    iterations: Int = 3, workers: Int = 2,
    observe: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
  ) throws -> RankSample.Trained {
    _ = try LocalRanks.run(ranks) { ranks throws(Failure) in
      let model = try Trainer.openModel(path, ranks, in: PosixFileSystem())
      return try Trainer.run(
        partition, into: model, hyperparameters: hyperparameters,
        settings: TrainingSettings(run: RunSettings(iterations: iterations), workers: workers),
        ranks: ranks, observe: observe)
    }
    let found = try ModelDirectory.open(path, in: PosixFileSystem()).newestGood()
    let newest = try #require(found)
    return RankSample.Trained(
      digest: try Digest.factors(newest.factors), history: newest.facts.history)
  }

  /// Rows that are summed in ranges which cross the owners' runs, an item in segments, and rows
  /// that only doubles can solve, for which all ranks make a matrix together.
  @Test(arguments: [1e-7, 0.1])
  func `sums over whole sides, long rows and rows in Double are the same bytes`(
    regularization: Double
  ) throws {
    let folder = try TemporaryDirectory()
    var ratings = RatingMatrix.random(
      userCount: 9000, itemCount: 30, ratingCount: 20_000, seed: 3
    ).ratings.filter { $0.item > 0 }
    ratings += (0..<9000).map { RatingMatrix.Rating(user: $0, item: 0, value: Float($0 % 5 + 1)) }
    let matrix = RatingMatrix(userCount: 9000, itemCount: 30, ratings: ratings)
    let whole = try matrix.partition(at: folder.file("p"))
    let cut = try matrix.partition(at: folder.file("q"), userBlocks: 11, itemBlocks: 7)
    let settings = try Hyperparameters(
      rank: 40, regularization: regularization,
      feedback: .implicit(Confidence(.hu, alpha: 40)))
    let doubles = Locked(0)
    let expected = try train(
      whole, at: folder.file("m"), settings, ranks: 1,
      observe: { event in
        if case .phase(let report) = event { doubles.withLock { $0 += report.doubleRows } }
      })
    if regularization < 1e-3 { #expect(doubles.withLock { $0 } > 0) }
    for ranks in [2, 3, 7] {
      let found = try train(cut, at: folder.file("m\(ranks)"), settings, ranks: ranks)
      #expect(found == expected, "\(ranks) ranks")
    }
  }

  @Test func `a model stopped on some of them goes on with any other number`() throws {
    let folder = try TemporaryDirectory()
    let cut = try RankSample.partition(at: folder.file("p"), userBlocks: 6, itemBlocks: 5)
    let settings = try Hyperparameters(rank: 10, biasRegularization: 0.1)
    let expected = try train(cut, at: folder.file("m"), settings, ranks: 1, iterations: 5)
    let path = folder.file("n")
    for (iterations, ranks) in [(1, 3), (2, 5), (3, 1), (4, 2), (5, 4)] {
      let found = try train(cut, at: path, settings, ranks: ranks, iterations: iterations)
      if iterations == 5 { #expect(found == expected) }
    }
  }

  @Test func `one that is asked to stop stops all, and nothing is lost`() throws {
    let folder = try TemporaryDirectory()
    let cut = try RankSample.partition(at: folder.file("p"), userBlocks: 6, itemBlocks: 5)
    let settings = try Hyperparameters(rank: 10)
    let expected = try train(cut, at: folder.file("m"), settings, ranks: 1, iterations: 4)
    let path = folder.file("n")
    let ends = try LocalRanks.run(3) { ranks throws(Failure) in
      let stop = StopRequest()
      return try Trainer.run(
        cut, into: Trainer.openModel(path, ranks, in: PosixFileSystem()),
        hyperparameters: settings,
        settings: TrainingSettings(run: RunSettings(iterations: 4), workers: 1), ranks: ranks,
        stop: stop,
        observe: { event in
          if case .iteration(let report) = event, report.iteration == 2, ranks.rank == 1 {
            stop.set()
          }
        })
    }
    #expect(ends == Array(repeating: .stopped(saved: 2), count: 3))
    #expect(try train(cut, at: path, settings, ranks: 2, iterations: 4) == expected)
  }

  @Test func `a ranking metric is refused on several`() throws {
    let folder = try TemporaryDirectory()
    let cut = try RankSample.partition(at: folder.file("p"), userBlocks: 2, itemBlocks: 2)
    let metric = HoldoutMetric(name: "ndcg@5", higherIsBetter: true) { _, _ in 0 }
    do throws(Failure) {
      _ = try LocalRanks.run(2) { ranks throws(Failure) in
        try Trainer.run(
          cut, into: Trainer.openModel(folder.file("m"), ranks, in: PosixFileSystem()),
          hyperparameters: Hyperparameters(rank: 2),
          settings: TrainingSettings(
            run: RunSettings(iterations: 2, holdoutMetric: "ndcg@5"), workers: 1),
          ranks: ranks, metric: metric)
      }
      Issue.record("a metric of all items was measured on some of them")
    } catch {
      #expect(error.code == .usage && error.place == "holdout-metric")
    }
  }

  @Test func `more of them than blocks are refused, and leave nothing`() throws {
    let folder = try TemporaryDirectory()
    let cut = try RankSample.partition(at: folder.file("p"), userBlocks: 6, itemBlocks: 2)
    do {
      _ = try train(cut, at: folder.file("m"), try Hyperparameters(rank: 2), ranks: 3)
      Issue.record("three ranks shared two blocks")
    } catch let failure as Failure {
      #expect(failure.code == .usage)
      #expect(failure.hint.contains("--item-blocks 3"))
    }
    #expect(throws: Failure.self) {
      try ModelDirectory.open(folder.file("m"), in: PosixFileSystem())
    }
  }
}
