import BlockMatrix
import BlockStore
import FactorExchange
import TestSupport
import Testing
import Training
import Workers

/// Several ranks, each with memory of its own, write what one process writes.
@Suite struct `Ranks` {
  private func run(
    _ partition: Partition, at path: String, _ hyperparameters: Hyperparameters, ranks: Int,
    iterations: Int = 3, workers: Int = 2, stopAfter: Int? = nil
  ) throws -> [TrainingEnd] {
    try LocalRanks.run(ranks) { ranks throws(Failure) in
      let model = try Trainer.openModel(path, ranks, in: PosixFileSystem())
      let stop = StopRequest()
      return try Trainer.run(
        partition, into: model, hyperparameters: hyperparameters,
        settings: TrainingSettings(run: RunSettings(iterations: iterations), workers: workers),
        ranks: ranks, stop: stop,
        observe: { event in
          // One of them alone is told: the others have to hear of it.
          guard ranks.rank == ranks.count - 1, case .iteration(let report) = event else { return }
          if report.iteration == stopAfter { stop.set() }
        })
    }
  }

  private func train(
    _ partition: Partition, at path: String, _ hyperparameters: Hyperparameters, ranks: Int,
    iterations: Int = 3, workers: Int = 2
  ) throws -> RankSample.Trained {
    _ = try run(
      partition, at: path, hyperparameters, ranks: ranks, iterations: iterations, workers: workers)
    let found = try ModelDirectory.open(path, in: PosixFileSystem()).newestGood()
    let newest = try #require(found)
    return RankSample.Trained(
      digest: try Digest.factors(newest.factors), history: newest.facts.history)
  }

  /// Every model, and descent by its other settings.
  private static let models =
    `Every model`.models + [
      `Every model`.Model(name: "descent, plain rates and ridges") { () throws(Failure) in
        try Hyperparameters(
          rank: 16, regularization: 0.3, regularizationScaling: .unscaled,
          algorithm: .sgd(
            StochasticSettings(
              learningRate: 0.01, scaling: .unscaled, decay: 0, damping: 0, gridSize: 8)))
      },
      `Every model`.Model(name: "descent with biases, more blocks than it can fill") {
        () throws(Failure) in
        try Hyperparameters(
          rank: 3, regularization: 0.1, biasRegularization: 0.1,
          algorithm: .sgd(StochasticSettings(gridSize: 60)))
      },
    ]

  /// Whether so many ranks can train a model.
  private func canTrain(_ hyperparameters: Hyperparameters, _ ranks: Int) -> Bool {
    guard case .sgd(let settings) = hyperparameters.algorithm else { return true }
    return ranks <= settings.gridSize
  }

  @Test(arguments: models)
  func `any number of them, over any blocks, write the same bytes`(
    model: `Every model`.Model
  ) throws {
    let folder = try TemporaryDirectory()
    let settings = try model.make()
    let whole = try RankSample.partition(at: folder.file("p"), userBlocks: 1, itemBlocks: 1)
    let expected = try train(whole, at: folder.file("m"), settings, ranks: 1)
    for (users, items, counts) in [(8, 8, [1, 3, 5, 8]), (13, 9, [2, 4])] {
      let cut = try RankSample.partition(
        at: folder.file("p\(users)"), userBlocks: users, itemBlocks: items)
      for ranks in counts where canTrain(settings, ranks) {
        let path = folder.file("m\(users)-\(ranks)")
        let found = try train(cut, at: path, settings, ranks: ranks, workers: ranks % 3 + 1)
        #expect(found == expected, "\(ranks) ranks, \(users) × \(items) blocks")
      }
    }
  }

  @Test(arguments: models)
  func `stopped by one of them, another number goes on to the same bytes`(
    model: `Every model`.Model
  ) throws {
    let folder = try TemporaryDirectory()
    let settings = try model.make()
    let partition = try RankSample.partition(at: folder.file("p"), userBlocks: 9, itemBlocks: 6)
    let expected = try train(partition, at: folder.file("m"), settings, ranks: 1, iterations: 4)
    for (before, after) in [(3, 2), (1, 4)] {
      let path = folder.file("m\(before)-\(after)")
      let ends = try run(
        partition, at: path, settings, ranks: before, iterations: 4, stopAfter: 2)
      #expect(ends == Array(repeating: .stopped(saved: 2), count: before))
      let found = try train(partition, at: path, settings, ranks: after, iterations: 4)
      #expect(found == expected, "\(before) ranks, then \(after)")
    }
  }

  @Test func `more of them than rows of the grid are refused, and nothing is left`() throws {
    let folder = try TemporaryDirectory()
    let partition = try RankSample.partition(at: folder.file("p"), userBlocks: 8, itemBlocks: 8)
    let settings = try Hyperparameters(
      rank: 4, algorithm: .sgd(StochasticSettings(gridSize: 3)))
    do {
      _ = try run(partition, at: folder.file("m"), settings, ranks: 4)
      Issue.record("four ranks shared three rows")
    } catch let failure as Failure {
      #expect(failure.code == .usage)
      #expect(failure.message.contains("4 ranks cannot share the 3 rows of the grid"))
      #expect(failure.hint.contains("--grid 4"))
    }
    #expect(try PosixFileSystem().status(folder.file("m")) == nil)
  }

  @Test func `more of them than blocks are refused`() throws {
    let folder = try TemporaryDirectory()
    let partition = try RankSample.partition(at: folder.file("p"), userBlocks: 8, itemBlocks: 2)
    for model in `Every model`.models {
      do {
        _ = try run(partition, at: folder.file("m"), model.make(), ranks: 3)
        Issue.record("three ranks shared two blocks")
      } catch let failure as Failure {
        #expect(failure.code == .usage)
        #expect(failure.hint.contains("--item-blocks 3"))
      }
    }
  }
}
