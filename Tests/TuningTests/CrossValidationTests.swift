import BlockMatrix
import BlockStore
import Kernels
import Ranking
import TestSupport
import Testing
import Training
import Tuning
import Workers

@Suite struct `A cross-validation` {
  let folder: TemporaryDirectory
  let matrix = RatingMatrix.random(userCount: 60, itemCount: 40, ratingCount: 900, seed: 2)

  init() throws {
    folder = try TemporaryDirectory()
    try matrix.partition(at: folder.file("p"), userBlocks: 2)
  }

  private func measure(
    _ points: [Hyperparameters], _ record: String, on partition: String = "p",
    iterations: Int = 5, folds: Int = 3, seed: UInt64 = 0, workers: Int = 2,
    metric: CrossValidation.Metric = .rmse(clip: false), stopAfter: Int = .max
  ) throws -> [[FoldValue]]? {
    let disk = PosixFileSystem()
    let stop = StopRequest()
    let measurements = FoldMeasurements(
      try Partition.open(folder.file(partition), in: disk),
      record: try TuningRecord(folder.file(record), in: disk), kernels: try KernelSet.select(nil),
      stop: stop)
    let validation = try CrossValidation(
      foldCount: folds, seed: seed, iterations: iterations, metric: metric, workers: workers)
    return try measurements.values(points, validation) { done in
      if done == stopAfter { stop.set() }
    }
  }

  private func points(_ lambdas: Double...) throws -> [Hyperparameters] {
    try lambdas.map { try Hyperparameters(rank: 4, regularization: $0) }
  }

  @Test func `a model comes to the same whatever else is measured, and when`() throws {
    let alone = try #require(try measure(points(0.02), "one"))
    // The record has it; then all anew; then it comes last.
    for record in ["one", "new", "new"] {
      let both = try #require(try measure(points(0.02, 0.2), record))
      #expect(both.count == 2 && both[0] == alone[0])
    }
    #expect(try measure(points(0.5, 0.1, 0.02), "other")?.last == alone[0])
  }

  @Test func `one record serves comparisons of every kind`() throws {
    let first = try measure(points(0.1), "r")
    for again in [
      try measure(points(0.1), "r", iterations: 3), try measure(points(0.1), "r", folds: 2),
      try measure(points(0.1), "r", seed: 1),
      try measure(points(0.1), "r", metric: .rmse(clip: true)),
    ] { #expect(again != nil && again != first) }
    #expect(try measure(points(0.1), "r") == first)
  }

  @Test func `stopped after any model, it goes on to the same values and the same record`() throws {
    let points = try points(0.4, 0.1)
    let expected = try #require(try measure(points, "whole"))
    #expect(expected.count == 2 && expected.allSatisfy { $0.count == 3 })
    for stopAfter in 1...5 {
      #expect(try measure(points, "r\(stopAfter)", stopAfter: stopAfter) == nil)
      #expect(try measure(points, "r\(stopAfter)", workers: 3) == expected)
      #expect(try folder.read("r\(stopAfter)") == folder.read("whole"))
    }
  }

  @Test func `a ranking metric excludes what the fold trains on, not what it holds out`() throws {
    let metric = try #require(RankingMetric("recall@40"))
    // With rankings as long as the catalogue every held-out item is found.
    let values = try #require(try measure(points(0.1), "r", metric: .ranking(metric)))
    for value in values[0] { #expect(value.value == 1) }
  }

  @Test func `a model that diverges has no value`() throws {
    let values = try #require(try measure(points(1e308), "r"))
    #expect(values[0].allSatisfy { $0.value == nil && $0.known == nil && $0.pairs > 0 })
    #expect(try measure(points(1e308), "r") == values)
  }

  @Test(arguments: [nil, 0.5])
  func `a fold knows what evaluate knows of a model of its ratings`(bias: Double?) throws {
    // Few enough ratings that a fold leaves users and items without any.
    let matrix = RatingMatrix.random(userCount: 50, itemCount: 40, ratingCount: 120, seed: 6)
    try matrix.partition(at: folder.file("sparse"))
    let point = try Hyperparameters(rank: 2, biasRegularization: bias)
    let values = try #require(try measure([point], "r", on: "sparse"))
    for (fold, value) in values[0].enumerated() {
      let expected = try evaluated(point, matrix, fold: fold)
      #expect(value.value == expected.accuracy.rmse)
      #expect(expected.cold == value.coldPairs && expected.cold > 0)
      #expect(expected.accuracy.pairs == value.pairs - (bias == nil ? expected.cold : 0))
    }
  }

  @Test func `train, evaluate and tune say the same error of the same ratings`() throws {
    // So many that errors are summed in several ranges.
    let matrix = RatingMatrix.random(
      userCount: 300, itemCount: 200, ratingCount: 50_000, seed: 4)
    try matrix.partition(at: folder.file("all"), userBlocks: 3)
    let point = try Hyperparameters(rank: 2, biasRegularization: 0.1)
    let tuned = try #require(
      try measure([point], "r", on: "all", iterations: 2, folds: 2, workers: 3))
    let mask = FoldMask(fold: 0, of: 2, seed: 0)
    let isHeld = matrix.ratings.map { mask.holdsOut(user: UInt32($0.user), item: UInt32($0.item)) }
    let held = zip(matrix.ratings, isHeld).filter(\.1).map(\.0)
    let partition = try RatingMatrix(
      userCount: matrix.userCount, itemCount: matrix.itemCount,
      ratings: zip(matrix.ratings, isHeld).filter { !$0.1 }.map(\.0)
    ).partition(
      at: folder.file("part"),
      holdout: HoldoutRatings(
        users: held.map { UInt32($0.user) }, items: held.map { UInt32($0.item) },
        values: held.map(\.value)))
    try #require(held.count > 20_000)
    let disk = PosixFileSystem()
    _ = try Trainer.run(
      partition, into: ModelDirectory.openOrCreate(folder.file("m"), in: disk),
      hyperparameters: point,
      settings: TrainingSettings(run: RunSettings(iterations: 2), workers: 2))
    let loaded = try LoadedModel.open(folder.file("m"), in: disk)
    let evaluated = try Accuracy.measure(
      loaded.model, on: loaded.holdout(of: partition), clip: false, workers: 1)
    #expect(loaded.facts.history.last?.holdoutRmse == evaluated.rmse)
    #expect(tuned[0][0].value == evaluated.rmse)
  }

  /// Trains on a fold's ratings alone, makes a model of the users and items they have, and
  /// evaluates it on the other ratings.
  private func evaluated(
    _ point: Hyperparameters, _ matrix: RatingMatrix, fold: Int
  ) throws -> (accuracy: Accuracy, cold: Int) {
    let mask = FoldMask(fold: fold, of: 3, seed: 0)
    let source = try RatingBlockSource(
      Partition.open(folder.file("sparse"), in: PosixFileSystem()), mask: mask, keeps: true,
      workers: 1)
    let loop = try TrainingLoop.inMemory(
      source, hyperparameters: point, rules: RunSettings(iterations: 5, tolerance: 1e-4),
      kernels: KernelSet.select(nil), workers: 1, stop: StopRequest())
    _ = try loop.run()
    func isHeld(_ rating: RatingMatrix.Rating) -> Bool {
      mask.holdsOut(user: UInt32(rating.user), item: UInt32(rating.item))
    }
    let trained = matrix.ratings.filter { !isHeld($0) }
    let held = matrix.ratings.filter(isHeld)
    let known = PerSide(
      user: Set(trained.map(\.user)).sorted(), item: Set(trained.map(\.item)).sorted())
    func table(_ side: Side) throws -> FactorTable {
      let all = loop.learner.factors[side]
      let table = try FactorTable(
        rowCount: known[side].count, rank: all.rank, hasBias: all.hasBias)
      for (row, index) in known[side].enumerated() {
        table.setRow(row, factors: all.factors(index), bias: all.bias(index))
      }
      return table
    }
    func ids(_ side: Side) -> IdTable {
      IdTable(ids: known[side].map { "\($0)" }, counts: known[side].map { _ in 1 })
    }
    let model = try FactorModel(
      factors: PerSide(user: table(.user), item: table(.item)),
      ids: PerSide(user: ids(.user), item: ids(.item)), mean: Float(loop.learner.mean),
      scale: 0...10)
    let test = TestRatings(
      HoldoutRatings(
        users: held.map { UInt32(known.user.firstIndex(of: $0.user) ?? 1000 + $0.user) },
        items: held.map { UInt32(known.item.firstIndex(of: $0.item) ?? 1000 + $0.item) },
        values: held.map(\.value)),
      known: PerSide(user: known.user.count, item: known.item.count))
    let cold = held.count { !known.user.contains($0.user) || !known.item.contains($0.item) }
    return (try Accuracy.measure(model, on: test, clip: false, workers: 1), cold)
  }
}
