import BlockMatrix
import BlockStore
import Kernels
import TestSupport
import Testing
import Training
import Workers

@Suite struct `Stochastic gradient descent` {
  private static let matrix = RatingMatrix.random(
    userCount: 90, itemCount: 40, ratingCount: 900, seed: 7)

  private func hyperparameters(
    rank: Int = 5, regularization: Double = 0.05, grid: Int = 4,
    scaling: RegularizationScaling = .count, rates: LearningRateScaling? = nil, damping: Double = 0,
    biases: Double? = nil
  ) throws(Failure) -> Hyperparameters {
    try Hyperparameters(
      rank: rank, regularization: regularization, regularizationScaling: scaling,
      biasRegularization: biases,
      algorithm: .sgd(
        StochasticSettings(
          learningRate: 0.02, scaling: rates, decay: 0.1, damping: damping, gridSize: grid)))
  }

  private func train(
    _ partition: Partition, at path: String, _ hyperparameters: Hyperparameters,
    iterations: Int = 5, workers: Int = 2, instructionSet: InstructionSet? = nil
  ) throws -> (digest: String, factors: PerSide<FactorTable>, history: [IterationRecord]) {
    let model = try ModelDirectory.openOrCreate(path, in: PosixFileSystem())
    _ = try Trainer.run(
      partition, into: model, hyperparameters: hyperparameters,
      settings: TrainingSettings(
        run: RunSettings(iterations: iterations), workers: workers,
        instructionSet: instructionSet))
    let newest = try #require(try model.newestGood())
    return (try Digest.factors(newest.factors), newest.factors, newest.facts.history)
  }

  @Test func `workers, blocks and kernels change no bit, the grid does`() throws {
    let folder = try TemporaryDirectory()
    let whole = try Self.matrix.partition(at: folder.file("p"))
    let cut = try Self.matrix.partition(at: folder.file("q"), userBlocks: 7, itemBlocks: 3)
    let expected = try train(whole, at: folder.file("m"), hyperparameters(), workers: 1).digest
    for workers in [2, 3, 8] {
      let other = try train(
        cut, at: folder.file("w\(workers)"), hyperparameters(), workers: workers)
      #expect(other.digest == expected)
    }
    for set in InstructionSet.supported {
      let other = try train(
        whole, at: folder.file(set.rawValue), hyperparameters(), instructionSet: set)
      #expect(other.digest == expected)
    }
    let grid = try train(whole, at: folder.file("g"), hyperparameters(grid: 3)).digest
    #expect(grid != expected)
  }

  @Test func `stopped after any epoch, it goes on to the same bits`() throws {
    let folder = try TemporaryDirectory()
    let partition = try Self.matrix.partition(at: folder.file("p"))
    let expected = try train(partition, at: folder.file("m"), hyperparameters()).digest
    for stopAfter in 1...4 {
      let model = try ModelDirectory.openOrCreate(
        folder.file("s\(stopAfter)"), in: PosixFileSystem())
      let stop = StopRequest()
      let end = try Trainer.run(
        partition, into: model, hyperparameters: hyperparameters(),
        settings: TrainingSettings(run: RunSettings(iterations: 5), workers: 2), stop: stop,
        observe: { event in
          if case .iteration(let report) = event, report.iteration == stopAfter { stop.set() }
        })
      #expect(end == .stopped(saved: stopAfter))
      let digest = try train(partition, at: folder.file("s\(stopAfter)"), hyperparameters()).digest
      #expect(digest == expected)
    }
  }

  /// One rating, 6: a step can be worked out by hand.
  ///
  /// The deviation is zero, and a quarter of the mean is more.
  @Test(
    arguments: [RegularizationScaling.count, .unscaled],
    [(0.0, LearningRateScaling.unscaled), (0.7, .unscaled), (0.7, .values)])
  func `a step goes against the gradient, with the old x for y`(
    scaling: RegularizationScaling, rates: (damping: Double, scaling: LearningRateScaling)
  ) throws {
    let folder = try TemporaryDirectory()
    let matrix = RatingMatrix(
      userCount: 1, itemCount: 1, ratings: [.init(user: 0, item: 0, value: 6)])
    let partition = try matrix.partition(at: folder.file("p"))
    let settings = try hyperparameters(
      rank: 3, regularization: 0.5, grid: 1, scaling: scaling, rates: rates.scaling,
      damping: rates.damping)
    let one = try train(partition, at: folder.file("1"), settings, iterations: 1).factors
    let two = try train(partition, at: folder.file("2"), settings, iterations: 2).factors
    let (x, y) = (one.user.factors(0).map(Double.init), one.item.factors(0).map(Double.init))
    let error = 6 - zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
    // The second step: each row has made one.
    let rate = 0.02 / 1.1 / (1 + rates.damping).squareRoot() / (rates.scaling == .values ? 1.5 : 1)
    for k in 0..<3 {
      let newX = x[k] + rate * (error * y[k] - 0.5 * x[k])
      let newY = y[k] + rate * (error * x[k] - 0.5 * y[k])
      #expect(abs(Double(two.user.factors(0)[k]) - newX) < 1e-6)
      #expect(abs(Double(two.item.factors(0)[k]) - newY) < 1e-6)
    }
  }

  /// Ratings in another unit, with λ in it too: the same model in that unit, to the bit where the
  /// units differ by a power of 4, of which the root is one of 2.
  @Test(arguments: [nil, 0.02] as [Double?], [16, 1.0 / 16384, 65536] as [Float])
  func `the unit of the ratings makes no difference`(biases: Double?, unit: Float) throws {
    let folder = try TemporaryDirectory()
    let other = RatingMatrix(
      userCount: 90, itemCount: 40,
      ratings: Self.matrix.ratings.map {
        .init(user: $0.user, item: $0.item, value: $0.value * unit)
      })
    let one = try train(
      Self.matrix.partition(at: folder.file("p")), at: folder.file("m"),
      hyperparameters(regularization: 0.0625, biases: biases))
    let same = try train(
      other.partition(at: folder.file("q")), at: folder.file("n"),
      hyperparameters(regularization: 0.0625 * Double(unit), biases: biases))
    for side in Side.allCases {
      for index in 0..<one.factors[side].rowCount {
        let root = unit.squareRoot()
        #expect(
          same.factors[side].factors(index) == one.factors[side].factors(index).map { $0 * root })
        #expect(same.factors[side].bias(index) == one.factors[side].bias(index) * unit)
      }
    }
    #expect(
      try #require(same.history.last?.rmse) == #require(one.history.last?.rmse) * Double(unit))
  }

  /// What used to run away: ratings of one number, of both signs, far from zero, far apart.
  @Test(arguments: [nil, 0.1] as [Double?])
  func `the default rates hold whatever the ratings are like`(biases: Double?) throws {
    let folder = try TemporaryDirectory()
    let shapes: [(String, (Float) -> Float)] = [
      ("one number", { _ in 3 }), ("zero", { _ in 0 }), ("both signs", { ($0 - 3) * 4 }),
      ("negative", { -20 * $0 }), ("percent", { $0 * 20 }), ("years", { 2000 + $0 }),
      ("large", { $0 * 1e30 }), ("small", { $0 * 1e-30 }),
    ]
    for (name, shape) in shapes {
      let matrix = RatingMatrix(
        userCount: 90, itemCount: 40,
        ratings: Self.matrix.ratings.map {
          .init(user: $0.user, item: $0.item, value: shape($0.value))
        })
      let settings = try Hyperparameters(
        rank: 5, biasRegularization: biases, algorithm: .sgd(StochasticSettings(gridSize: 4)))
      let history = try train(
        matrix.partition(at: folder.file("\(name) p")), at: folder.file("\(name) m"), settings,
        iterations: 30
      ).history
      let values = matrix.ratings.map { Double($0.value) }
      let size = (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
      // Not worse than predicting zero, and never on the way up for good.
      for record in history { #expect(try #require(record.rmse) <= size * 1.01, "\(name)") }
    }
  }

  @Test func `the reported objective is the objective of the factors`() throws {
    let folder = try TemporaryDirectory()
    let partition = try Self.matrix.partition(at: folder.file("p"))
    for scaling in [RegularizationScaling.count, .unscaled] {
      let settings = try hyperparameters(scaling: scaling)
      let result = try train(partition, at: folder.file(scaling.rawValue), settings)
      var expected = 0.0
      for rating in Self.matrix.ratings {
        let x = result.factors.user.factors(rating.user)
        let y = result.factors.item.factors(rating.item)
        let product = zip(x, y).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        expected += (Double(rating.value) - product) * (Double(rating.value) - product)
      }
      for side in Side.allCases {
        for (index, count) in Self.matrix.counts(side).enumerated() {
          let squares = result.factors[side].factors(index)
            .reduce(0.0) { $0 + Double($1) * Double($1) }
          expected += settings.ridge(count: Int(count), oppositeCount: 0) * squares
        }
      }
      let reported = try #require(result.history.last).objective
      #expect(abs(reported - expected) < 1e-6 * expected)
    }
  }

  @Test func `without regularisation the training error falls further, the held-out one not`()
    throws
  {
    let folder = try TemporaryDirectory()
    let matrix = RatingMatrix.random(userCount: 120, itemCount: 60, ratingCount: 2400, seed: 3)
    let held = matrix.ratings.enumerated().filter { $0.offset % 10 == 0 }.map(\.element)
    let rest = matrix.ratings.enumerated().filter { $0.offset % 10 != 0 }.map(\.element)
    let training = RatingMatrix(
      userCount: matrix.userCount, itemCount: matrix.itemCount, ratings: rest)
    try #require(training.counts(.user).allSatisfy { $0 > 0 })
    try #require(training.counts(.item).allSatisfy { $0 > 0 })
    let partition = try training.partition(
      at: folder.file("p"),
      holdout: HoldoutRatings(
        users: held.map { UInt32($0.user) }, items: held.map { UInt32($0.item) },
        values: held.map(\.value)))
    func last(_ regularization: Double) throws -> IterationRecord {
      let history = try train(
        partition, at: folder.file("r\(regularization)"),
        Hyperparameters(
          rank: 20, regularization: regularization,
          algorithm: .sgd(StochasticSettings(gridSize: 4))), iterations: 150
      ).history
      return try #require(history.last)
    }
    let (without, with) = (try last(0), try last(0.1))
    #expect(try #require(without.rmse) < #require(with.rmse))
    #expect(try #require(without.holdoutRmse) > #require(with.holdoutRmse))
  }
}
