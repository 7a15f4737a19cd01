import BlockMatrix
import BlockStore
import Kernels
import TestSupport
import Testing
import Training
import Workers

@Suite struct `Training` {
  private static let sample = RatingMatrix.random(
    userCount: 90, itemCount: 40, ratingCount: 900, seed: 7)

  private func settings(
    iterations: Int = 4, workers: Int = 2, memory: Int? = nil, interval: Int = 1,
    instructionSet: InstructionSet? = nil
  ) throws(Failure) -> TrainingSettings {
    try TrainingSettings(
      run: RunSettings(iterations: iterations, checkpointInterval: interval), workers: workers,
      memory: memory, instructionSet: instructionSet)
  }

  /// Trains and returns the digest of the factors.
  private func digest(
    _ partition: Partition, in folder: TemporaryDirectory, as name: String,
    rank: Int = 10, _ settings: TrainingSettings
  ) throws -> String {
    let model = try ModelDirectory.openOrCreate(folder.path + "/" + name, in: PosixFileSystem())
    let end = try Trainer.run(
      partition, into: model, hyperparameters: Hyperparameters(rank: rank), settings: settings)
    #expect(end == .finished(iteration: settings.run.iterations, best: nil))
    let newest = try #require(try model.newestGood())
    return try Digest.factors(newest.factors)
  }

  @Test func `workers, blocks, memory and kernels change no bit`() throws {
    let folder = try TemporaryDirectory()
    let whole = try Self.sample.partition(at: folder.path + "/1")
    let expected = try digest(whole, in: folder, as: "expected", settings(workers: 1))
    for workers in [2, 3, 8, 16] {
      let other = try digest(whole, in: folder, as: "w\(workers)", settings(workers: workers))
      #expect(other == expected, "\(workers) workers")
    }
    for blocks in [2, 7, 32] {
      let cut = try Self.sample.partition(
        at: folder.path + "/\(blocks)", userBlocks: blocks, itemBlocks: blocks)
      let other = try digest(cut, in: folder, as: "b\(blocks)", settings(workers: 3))
      #expect(other == expected, "\(blocks) blocks")
    }
    let plan = try digest(whole, in: folder, as: "m", settings(memory: 200 << 20))
    #expect(plan == expected, "with a memory budget")
    for set in InstructionSet.supported {
      let other = try digest(whole, in: folder, as: set.rawValue, settings(instructionSet: set))
      #expect(other == expected, "\(set.rawValue)")
    }
  }

  @Test(arguments: [1, 2, 3])
  func `a run that is stopped anywhere goes on to the same bits`(interval: Int) throws {
    let folder = try TemporaryDirectory()
    let partition = try Self.sample.partition(at: folder.path + "/p", userBlocks: 3, itemBlocks: 2)
    let whole = try settings(iterations: 5, interval: interval)
    let expected = try digest(partition, in: folder, as: "expected", whole)
    for stopAfter in 0..<10 {
      let path = folder.path + "/s\(stopAfter)"
      let model = try ModelDirectory.openOrCreate(path, in: PosixFileSystem())
      let stop = StopRequest()
      let phases = Locked(0)
      let end = try Trainer.run(
        partition, into: model, hyperparameters: Hyperparameters(rank: 10), settings: whole,
        stop: stop,
        observe: { event in
          guard case .phase = event else { return }
          if phases.withLock({
            $0 += 1; return $0
          }) > stopAfter {
            stop.set()
          }
        })
      if stopAfter < 9 {
        guard case .stopped(let saved) = end else { Issue.record("not stopped"); continue }
        #expect(saved ?? 0 <= (stopAfter + 1) / 2)
      }
      #expect(try digest(partition, in: folder, as: "s\(stopAfter)", whole) == expected)
      let log = try model.log.lines()
      #expect(
        log.count { $0.contains("\"iteration\",") || $0.contains("\"event\":\"iteration\"") } == 5)
    }
  }

  @Test func `raised iterations go on, and end where one run ends`() throws {
    let folder = try TemporaryDirectory()
    let partition = try Self.sample.partition(at: folder.path + "/p")
    let expected = try digest(partition, in: folder, as: "once", settings(iterations: 6))
    _ = try digest(partition, in: folder, as: "twice", settings(iterations: 2))
    #expect(try digest(partition, in: folder, as: "twice", settings(iterations: 6)) == expected)
  }

  @Test func `every changed setting is named`() throws {
    let folder = try TemporaryDirectory()
    let partition = try Self.sample.partition(at: folder.path + "/p")
    _ = try digest(partition, in: folder, as: "m", settings(iterations: 2))
    let model = try ModelDirectory.openOrCreate(folder.path + "/m", in: PosixFileSystem())
    let other = try Hyperparameters(
      rank: 11, regularization: 0.2, regularizationScaling: .unscaled, seed: 4)
    do {
      _ = try Trainer.run(
        partition, into: model, hyperparameters: other, settings: settings(iterations: 1))
      Issue.record("changed settings were accepted")
    } catch {
      #expect(error.code == .mismatch)
      for name in ["rank", "regularization", "regularization-scaling", "seed", "iterations"] {
        #expect(error.message.contains("\(name): "), "\(name) is not named")
      }
    }
    // The refusal left the model as it was.
    #expect(try model.newestGood()?.number == 2)
  }

  @Test func `other ratings are refused, and fresh starts over`() throws {
    let folder = try TemporaryDirectory()
    let partition = try Self.sample.partition(at: folder.path + "/p")
    let others = try RatingMatrix.random(userCount: 90, itemCount: 40, ratingCount: 900, seed: 8)
      .partition(at: folder.path + "/q")
    _ = try digest(partition, in: folder, as: "m", settings())
    #expect(throws: Failure.self) { try digest(others, in: folder, as: "m", settings()) }
    var fresh = try settings()
    fresh.fresh = true
    let expected = try digest(others, in: folder, as: "n", settings())
    #expect(try digest(others, in: folder, as: "m", fresh) == expected)
  }

  @Test(arguments: [1, 7, 16, 33], [RegularizationScaling.count, .unscaled])
  func `the objective never rises`(rank: Int, scaling: RegularizationScaling) throws {
    let folder = try TemporaryDirectory()
    for seed in 1...5 {
      let sample = RatingMatrix.random(
        userCount: 30 + seed, itemCount: 20, ratingCount: 250, seed: UInt64(seed))
      let partition = try sample.partition(at: folder.path + "/p\(seed)")
      let model = try ModelDirectory.openOrCreate(
        folder.path + "/m\(seed)", in: PosixFileSystem())
      let objectives = Locked([Double]())
      _ = try Trainer.run(
        partition, into: model,
        hyperparameters: Hyperparameters(
          rank: rank, regularization: 0.05, regularizationScaling: scaling, seed: UInt64(seed)),
        settings: settings(iterations: 8),
        observe: { event in
          if case .phase(let report) = event {
            objectives.withLock { $0.append(report.objective) }
          }
        })
      let curve = objectives.withLock { $0 }
      #expect(curve.count == 16)
      // Rounding is relative to the ratings' own squares, which the errors are differences of.
      let slack = sample.ratings.reduce(0) { $0 + Double($1.value * $1.value) } * 1e-6
      for (before, after) in zip(curve, curve.dropFirst()) { #expect(after <= before + slack) }
    }
  }

  @Test func `the tolerance stops, and stops again at the same place`() throws {
    let folder = try TemporaryDirectory()
    let partition = try Self.sample.partition(at: folder.path + "/p")
    let model = try ModelDirectory.openOrCreate(folder.path + "/m", in: PosixFileSystem())
    let settings = try TrainingSettings(
      run: RunSettings(iterations: 200, tolerance: 1e-3, checkpointInterval: 3), workers: 2)
    let first = try Trainer.run(
      partition, into: model, hyperparameters: Hyperparameters(rank: 4), settings: settings)
    guard case .finished(let iteration, _) = first else { Issue.record("\(first)"); return }
    #expect(iteration < 200)
    let again = try Trainer.run(
      partition, into: model, hyperparameters: Hyperparameters(rank: 4), settings: settings)
    #expect(again == first)
    #expect(try model.newestGood()?.number == iteration)
  }

  @Test func `a budget that is too small is refused before work begins, and leaves nothing`()
    throws
  {
    let folder = try TemporaryDirectory()
    let partition = try Self.sample.partition(at: folder.path + "/p")
    let path = folder.path + "/new/parent/m"
    let model = try ModelDirectory.openOrCreate(path, in: PosixFileSystem())
    #expect {
      try Trainer.run(
        partition, into: model, hyperparameters: Hyperparameters(rank: 4),
        settings: settings(memory: 1 << 20))
    } throws: { error in
      (error as? Failure)?.code == .memory
    }
    #expect(try PosixFileSystem().list(folder.path) == ["p"])
  }

  @Test func `a stop before the first generation leaves what was there before`() throws {
    let folder = try TemporaryDirectory()
    let disk = PosixFileSystem()
    let partition = try Self.sample.partition(at: folder.path + "/p")
    try disk.makeDirectory(folder.path + "/mine", withParents: false)
    let stop = StopRequest()
    stop.set()
    for path in [folder.path + "/mine", folder.path + "/mine/new/parent/m"] {
      let end = try Trainer.run(
        partition, into: ModelDirectory.openOrCreate(path, in: disk),
        hyperparameters: Hyperparameters(rank: 10), settings: settings(), stop: stop)
      #expect(end == .stopped(saved: nil))
      #expect(try disk.list(folder.path + "/mine") == [])
    }
    // A model that has something keeps it.
    let trained = try digest(partition, in: folder, as: "mine", settings(iterations: 1))
    #expect(
      try Trainer.run(
        partition, into: ModelDirectory.openOrCreate(folder.path + "/mine", in: disk),
        hyperparameters: Hyperparameters(rank: 10), settings: settings(iterations: 2), stop: stop)
        == .stopped(saved: 1))
    #expect(try digest(partition, in: folder, as: "mine", settings(iterations: 1)) == trained)
  }

  @Test func `the log's seconds have microseconds, and no more`() throws {
    for (seconds, text) in [(0.1 + 0.2, "0.3"), (12.345_678_912_3, "12.345679"), (1e-9, "0.0")] {
      #expect(JSONText.seconds(seconds).text == text)
    }
    let folder = try TemporaryDirectory()
    let partition = try Self.sample.partition(at: folder.path + "/p")
    _ = try digest(partition, in: folder, as: "m", settings())
    let log = try ModelDirectory.open(folder.path + "/m", in: PosixFileSystem()).log.lines()
    #expect(log.count == 12)
    for line in log { #expect(line.contains(/"seconds":(\d+\.\d{1,6}|\d(\.\d)?e-0[56])[,}]/)) }
  }

  @Test func `a second trainer is refused while the first one runs`() throws {
    let folder = try TemporaryDirectory()
    let partition = try Self.sample.partition(at: folder.path + "/p")
    let model = try ModelDirectory.openOrCreate(folder.path + "/m", in: PosixFileSystem())
    let lock = try model.lock()
    defer { lock.release() }
    #expect {
      try Trainer.run(
        partition, into: model, hyperparameters: Hyperparameters(rank: 4), settings: settings())
    } throws: { error in
      (error as? Failure)?.code == .output
    }
  }
}
