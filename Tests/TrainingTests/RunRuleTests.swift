import BlockMatrix
import BlockStore
import TestSupport
import Testing
import Training
import Workers

/// The rules that end a run, over second runs, interruptions and changes.
@Suite struct `The rules of a run` {
  private static let sample = RatingMatrix.random(
    userCount: 60, itemCount: 30, ratingCount: 700, seed: 3)

  /// A metric with a minimum at one iteration: the best is never the last.
  private static func watch(best: Int, name: String = "distance@1") -> HoldoutMetric {
    let count = Locked(0)
    return HoldoutMetric(name: name, higherIsBetter: false) { _, _ throws(Failure) in
      let iteration = count.withLock { count in
        count += 1
        return count
      }
      return Double((iteration - best).magnitude)
    }
  }

  private func partition(in folder: TemporaryDirectory) throws -> Partition {
    let kept = Self.sample.ratings.enumerated().filter { $0.offset % 5 == 0 }.map(\.element)
    let rest = Self.sample.ratings.enumerated().filter { $0.offset % 5 != 0 }.map(\.element)
    return try RatingMatrix(userCount: 60, itemCount: 30, ratings: rest).partition(
      at: folder.path + "/p",
      holdout: HoldoutRatings(
        users: kept.map { UInt32($0.user) }, items: kept.map { UInt32($0.item) },
        values: kept.map(\.value)))
  }

  private func train(
    _ partition: Partition, at path: String, _ run: RunSettings, metric: HoldoutMetric? = nil,
    stopAfter: Int? = nil
  ) throws -> TrainingEnd {
    let stop = StopRequest()
    return try Trainer.run(
      partition, into: ModelDirectory.openOrCreate(path, in: PosixFileSystem()),
      hyperparameters: Hyperparameters(rank: 5, regularization: 0.001),
      settings: TrainingSettings(run: run, workers: 2), metric: metric, stop: stop,
      observe: { event in
        if case .committed(let generation) = event, generation == stopAfter { stop.set() }
      })
  }

  private func generations(_ path: String) throws -> [Int] {
    try ModelDirectory.open(path, in: PosixFileSystem()).generations()
  }

  @Test func `a second run keeps the best generation`() throws {
    let folder = try TemporaryDirectory()
    let (partition, path) = (try partition(in: folder), folder.path + "/m")
    let rules = try RunSettings(iterations: 60, patience: 5)
    let first = try train(partition, at: path, rules)
    guard case .finished(let last, let best?) = first else { Issue.record("\(first)"); return }
    #expect(last == best + 5)
    #expect(try generations(path) == [last, last - 1, best])
    #expect(try train(partition, at: path, rules) == first)
    #expect(try generations(path) == [last, last - 1, best])
    // Nor does a run that watches nothing and has nothing to do: the newest manifest names it.
    let blind = try train(partition, at: path, RunSettings(iterations: last))
    #expect(blind == .finished(iteration: last, best: nil))
    #expect(try generations(path) == [last, last - 1, best])
  }

  @Test func `an interruption anywhere leaves the same generations`() throws {
    let folder = try TemporaryDirectory()
    let partition = try partition(in: folder)
    let rules = try RunSettings(iterations: 60, patience: 4)
    let whole = try train(partition, at: folder.path + "/whole", rules)
    guard case .finished(let last, _) = whole else { Issue.record("\(whole)"); return }
    for stopAfter in 1..<last {
      let path = folder.path + "/m\(stopAfter)"
      _ = try train(partition, at: path, rules, stopAfter: stopAfter)
      #expect(try train(partition, at: path, rules) == whole)
      #expect(try generations(path) == generations(folder.path + "/whole"))
    }
  }

  @Test func `rules are stored with every generation`() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/m"
    let rules = try RunSettings(
      iterations: 3, tolerance: 1e-9, stopAtLoss: 1e-9, patience: 3, keep: 4)
    _ = try train(partition(in: folder), at: path, rules)
    let model = try ModelDirectory.open(path, in: PosixFileSystem())
    for number in try model.generations() {
      #expect(try model.facts(ofGeneration: number).rules() == rules)
    }
    #expect(try StoredStart.read(model)?.rules == rules)
  }

  @Test func `rules under which a run would have ended before are refused by name`() throws {
    let folder = try TemporaryDirectory()
    let (partition, path) = (try partition(in: folder), folder.path + "/m")
    _ = try train(partition, at: path, RunSettings(iterations: 6))
    let loss = try #require(
      try ModelDirectory.open(path, in: PosixFileSystem()).newestGood()?.facts.history[2].rmse)
    let squares = loss * loss * Double(partition.facts.ratingCount)
    for (name, rules) in [
      ("iterations", try RunSettings(iterations: 5)),
      ("tolerance", try RunSettings(iterations: 6, tolerance: 0.999)),
      ("stop-at-loss", try RunSettings(iterations: 6, stopAtLoss: squares * 1.001)),
    ] {
      #expect {
        try train(partition, at: path, rules)
      } throws: { error in
        guard let failure = error as? Failure else { return false }
        return failure.code == .mismatch && failure.message.contains("\(name): ")
      }
    }
    #expect(try generations(path) == [6, 5])
    // Rules that would not have ended it go on, to where an undisturbed run ends.
    let further = try RunSettings(iterations: 9, tolerance: 1e-12)
    #expect(try train(partition, at: path, further) == .finished(iteration: 9, best: nil))
  }

  @Test func `a patience that comes too late to keep the best is refused`() throws {
    let folder = try TemporaryDirectory()
    let (partition, path) = (try partition(in: folder), folder.path + "/m")
    _ = try train(
      partition, at: path, RunSettings(iterations: 6, holdoutMetric: "distance@1"),
      metric: Self.watch(best: 2))
    #expect {
      try train(
        partition, at: path,
        RunSettings(iterations: 9, patience: 8, holdoutMetric: "distance@1"),
        metric: Self.watch(best: 2))
    } throws: { error in
      (error as? Failure)?.message.contains("patience: not set in the model") == true
    }
  }

  @Test func `another metric is refused by name`() throws {
    let folder = try TemporaryDirectory()
    let (partition, path) = (try partition(in: folder), folder.path + "/m")
    _ = try train(partition, at: path, RunSettings(iterations: 4, patience: 3))
    #expect {
      try train(
        partition, at: path,
        RunSettings(iterations: 8, patience: 3, holdoutMetric: "distance@1"),
        metric: Self.watch(best: 1))
    } throws: { error in
      guard let failure = error as? Failure else { return false }
      return failure.code == .mismatch && failure.message.contains("holdout-metric: ")
    }
  }

  @Test func `what changes no generation may differ`() throws {
    let folder = try TemporaryDirectory()
    let (partition, path) = (try partition(in: folder), folder.path + "/m")
    _ = try train(partition, at: path, RunSettings(iterations: 3))
    _ = try train(
      partition, at: path, RunSettings(iterations: 9, checkpointInterval: 2, keep: 3))
    #expect(try generations(path) == [9, 8, 6])
  }

  @Test func `rules that can never be met are refused`() throws {
    let folder = try TemporaryDirectory()
    let partition = try partition(in: folder)
    let implicit = try Hyperparameters(rank: 4, feedback: .implicit(Confidence(.hu)))
    for rules in [try RunSettings(stopAtLoss: 3), try RunSettings(patience: 2)] {
      #expect {
        try Trainer.run(
          partition,
          into: ModelDirectory.openOrCreate(folder.path + "/m", in: PosixFileSystem()),
          hyperparameters: implicit, settings: TrainingSettings(run: rules, workers: 1))
      } throws: { error in
        (error as? Failure)?.code == .usage
      }
    }
    #expect(throws: Failure.self) { try RunSettings(patience: 2, checkpointInterval: 2) }
    #expect(try PosixFileSystem().list(folder.path) == ["p"])
  }
}
