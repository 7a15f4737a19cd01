import BlockMatrix
import BlockStore
import FactorExchange
import Kernels
import TestSupport
import Testing
import Training
import Workers

/// What every model has to keep, each named by its settings.
@Suite struct `Every model` {
  private static let matrix = RatingMatrix.random(
    userCount: 80, itemCount: 45, ratingCount: 900, seed: 11)

  struct Model: CustomTestStringConvertible, Sendable {
    let name: String
    let make: @Sendable () throws(Failure) -> Hyperparameters
    /// Whether each phase minimises the objective exactly.
    var isExact = true

    var testDescription: String { name }
  }

  private static func implicit(
    _ convention: Confidence.Convention, algorithm: Algorithm = .als(.auto),
    isNonnegative: Bool = false, scaling: RegularizationScaling? = nil
  ) throws(Failure) -> Hyperparameters {
    try Hyperparameters(
      rank: 20, regularization: 0.1, regularizationScaling: scaling,
      feedback: .implicit(
        Confidence(convention, alpha: convention == .ials ? nil : 2)),
      isNonnegative: isNonnegative, algorithm: algorithm)
  }

  static let models: [Model] = [
    Model(name: "explicit, dual for short rows") { () throws(Failure) in
      try Hyperparameters(rank: 40, regularization: 0.05)
    },
    Model(name: "explicit, Cholesky") { () throws(Failure) in
      try Hyperparameters(rank: 40, regularization: 0.05, algorithm: .als(.cholesky))
    },
    Model(name: "biases") { () throws(Failure) in
      try Hyperparameters(rank: 9, regularization: 0.05, biasRegularization: 0.02)
    },
    Model(name: "biases alone") { () throws(Failure) in
      try Hyperparameters(rank: 0, regularization: 0, biasRegularization: 0.05)
    },
    Model(
      name: "non-negative",
      make: { () throws(Failure) in
        try Hyperparameters(rank: 6, regularization: 0.05, isNonnegative: true)
      }),
    Model(name: "implicit, hu") { () throws(Failure) in try implicit(.hu) },
    Model(name: "implicit, hu, by count") { () throws(Failure) in
      try implicit(.hu, scaling: .count)
    },
    Model(name: "implicit, spark") { () throws(Failure) in try implicit(.spark) },
    Model(name: "implicit, implicit") { () throws(Failure) in try implicit(.implicit) },
    Model(name: "implicit, ials") { () throws(Failure) in try implicit(.ials) },
    Model(name: "implicit, non-negative") { () throws(Failure) in
      try implicit(.hu, isNonnegative: true)
    },
    Model(
      name: "conjugate gradients",
      make: { () throws(Failure) in
        try Hyperparameters(rank: 20, regularization: 0.05, algorithm: .als(.cg(steps: 3)))
      }, isExact: false),
    Model(
      name: "implicit, conjugate gradients",
      make: { () throws(Failure) in try implicit(.hu, algorithm: .als(.cg(steps: 3))) },
      isExact: false),
    Model(
      name: "descent",
      make: { () throws(Failure) in
        try Hyperparameters(
          rank: 7, regularization: 0.05,
          algorithm: .sgd(StochasticSettings(learningRate: 0.02, gridSize: 4)))
      }, isExact: false),
    Model(
      name: "descent with biases",
      make: { () throws(Failure) in
        try Hyperparameters(
          rank: 15, regularization: 0.05, biasRegularization: 0.02,
          algorithm: .sgd(
            StochasticSettings(
              learningRate: 0.05, decay: 0.1, damping: 0.02, gridSize: 5)))
      }, isExact: false),
  ]

  private func train(
    _ partition: Partition, at path: String, _ hyperparameters: Hyperparameters,
    iterations: Int = 4, workers: Int = 2, memory: Int? = nil, set: InstructionSet? = nil,
    stop: StopRequest = StopRequest(),
    observe: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
  ) throws -> (end: TrainingEnd, digest: String?) {
    let model = try ModelDirectory.openOrCreate(path, in: PosixFileSystem())
    let end = try Trainer.run(
      partition, into: model, hyperparameters: hyperparameters,
      settings: TrainingSettings(
        run: RunSettings(iterations: iterations), workers: workers, memory: memory,
        instructionSet: set),
      stop: stop, observe: observe)
    return (end, try model.newestGood().map { try Digest.factors($0.factors) })
  }

  @Test(arguments: models)
  func `workers, blocks and kernels change no bit`(model: Model) throws {
    let folder = try TemporaryDirectory()
    let settings = try model.make()
    let whole = try Self.matrix.partition(at: folder.file("p"))
    let cut = try Self.matrix.partition(at: folder.file("q"), userBlocks: 7, itemBlocks: 2)
    let expected = try train(whole, at: folder.file("m"), settings, workers: 1).digest
    for workers in [2, 8] {
      let other = try train(cut, at: folder.file("w\(workers)"), settings, workers: workers)
      #expect(other.digest == expected, "\(workers) workers")
    }
    for set in InstructionSet.supported {
      let other = try train(whole, at: folder.file(set.rawValue), settings, set: set)
      #expect(other.digest == expected, "\(set.rawValue)")
    }
  }

  @Test(arguments: models)
  func `ratings that are read anew in each phase change no bit`(model: Model) throws {
    let folder = try TemporaryDirectory()
    let settings = try model.make()
    let partition = try Self.matrix.partition(
      at: folder.file("p"), userBlocks: 5, itemBlocks: 3)
    let kept = try train(partition, at: folder.file("kept"), settings)
    let least = try TrainingMemory(
      partition, hyperparameters: settings,
      settings: TrainingSettings(run: RunSettings(iterations: 4), workers: 2)
    ).minimum
    let keepsRatings = Locked<Bool?>(nil)
    let streamed = try train(
      partition, at: folder.file("streamed"), settings, memory: least,
      observe: { event in
        if case .started(let start) = event { keepsRatings.withLock { $0 = start.keepsRatings } }
      })
    #expect(streamed.digest == kept.digest)
    // Descent holds all ratings by itself.
    #expect(keepsRatings.withLock { $0 } == (settings.solver == nil))
    #expect(throws: Failure.self) {
      try train(partition, at: folder.file("refused"), settings, memory: least - 1)
    }
  }

  @Test(arguments: models)
  func `stopped after any iteration, it goes on to the same bits`(model: Model) throws {
    let folder = try TemporaryDirectory()
    let settings = try model.make()
    let partition = try Self.matrix.partition(at: folder.file("p"), userBlocks: 2)
    let expected = try train(partition, at: folder.file("m"), settings).digest
    for stopAfter in 1...3 {
      let stop = StopRequest()
      let path = folder.file("s\(stopAfter)")
      let stopped = try train(
        partition, at: path, settings, stop: stop,
        observe: { event in
          if case .iteration(let report) = event, report.iteration == stopAfter { stop.set() }
        })
      #expect(stopped.end == .stopped(saved: stopAfter))
      #expect(try train(partition, at: path, settings).digest == expected)
    }
  }

  @Test(arguments: models.filter(\.isExact))
  func `the objective never rises`(model: Model) throws {
    let folder = try TemporaryDirectory()
    let settings = try model.make()
    let partition = try Self.matrix.partition(at: folder.file("p"))
    let curve = Locked([Double]())
    _ = try train(
      partition, at: folder.file("m"), settings, iterations: 10,
      observe: { event in
        if case .phase(let report) = event { curve.withLock { $0.append(report.objective) } }
      })
    let objectives = curve.withLock { $0 }
    #expect(objectives.count == 20)
    let slack = Self.matrix.ratings.reduce(0) { $0 + Double($1.value * $1.value) } * 2e-6
    for (before, after) in zip(objectives, objectives.dropFirst()) {
      #expect(after <= before + slack)
    }
  }

  @Test func `other models of the same ratings are refused, with every setting that differs`()
    throws
  {
    let folder = try TemporaryDirectory()
    let partition = try Self.matrix.partition(at: folder.file("p"))
    _ = try train(partition, at: folder.file("m"), Self.implicit(.hu))
    do {
      _ = try train(
        partition, at: folder.file("m"),
        Hyperparameters(rank: 20, regularization: 0.1, biasRegularization: 0.1))
      Issue.record("another model was taken")
    } catch let failure as Failure {
      #expect(failure.code == .mismatch)
      for name in ["feedback", "confidence", "alpha", "bias-regularization"] {
        #expect(failure.message.contains("\(name): "), "\(name) is not named")
      }
    }
  }
}
