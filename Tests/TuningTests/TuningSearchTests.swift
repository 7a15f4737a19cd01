import BlockMatrix
import BlockStore
import Kernels
import TestSupport
import Testing
import Training
import Tuning
import Workers

@Suite struct `A tuning's search` {
  let folder: TemporaryDirectory
  let partition: Partition
  let matrix = RatingMatrix.random(userCount: 60, itemCount: 40, ratingCount: 900, seed: 2)
  let spread = RatingSpread(deviation: 1, typicalCount: 100)

  init() throws {
    folder = try TemporaryDirectory()
    partition = try matrix.partition(at: folder.file("p"), userBlocks: 2)
  }

  /// - Parameter stopAfter: Trainings, counted anew in each round, after which it is stopped.
  func search(
    _ space: TuningSpace, _ record: String, workers: Int = 2, stopAfter: Int = .max
  ) throws -> TuningTable? {
    let stop = StopRequest()
    let measurements = FoldMeasurements(
      partition, record: try TuningRecord(folder.file(record), in: PosixFileSystem()),
      kernels: try KernelSet.select(nil), stop: stop)
    let validation = try CrossValidation(foldCount: 3, iterations: 5, workers: workers)
    var count = 0
    return try TuningSearch(space, validation, partition, measurements) { _ in
      count += 1
      if count == stopAfter { stop.set() }
    }.run()
  }

  let wide = TuningSpace(
    models: [.plain, .biases], ranks: [0, 2, 4], scalings: [.count, .unscaled],
    biasScalings: [.count, .unscaled], regularizations: nil, biasRegularizations: nil)

  @Test func `lists make every combination, in their order`() throws {
    var space = TuningSpace(
      models: [.biases], ranks: [4, 8], regularizations: [0.1, 0.3, 0.2],
      biasRegularizations: [0.5, 0.6])
    let points = try space.points(ranks: space.ranks, spread)
    #expect(points.map(\.regularization) == (0..<4).flatMap { _ in [0.1, 0.3, 0.2] })
    #expect(points.map(\.rank) == (0..<12).map { $0 < 6 ? 4 : 8 })
    #expect(points.map(\.biasRegularization) == (0..<12).map { $0 / 3 % 2 == 0 ? 0.5 : 0.6 })
    // λ₂ means nothing without biases, rank 0 nothing without them, λ nothing at rank 0.
    space.models = [.plain, .biases]
    space.ranks = [0, 4]
    space.scalings = [.count, .unscaled]
    let mixed = try space.points(ranks: space.ranks, spread)
    #expect(mixed.count { !$0.hasBias } == 2 * 3)
    #expect(mixed.count { $0.hasBias && $0.rank == 4 } == 2 * 3 * 2)
    #expect(mixed.count { $0.hasBias && $0.rank == 0 } == 2)
    #expect(mixed.count == 20)
  }

  @Test func `lists are all measured in full`() throws {
    let lambdas = (1...12).map { Double($0) / 20 }
    let table = try #require(
      try search(TuningSpace(ranks: [2, 3], regularizations: lambdas), "r"))
    #expect(table.rows.count == 24 && table.rows.allSatisfy { $0.folds.count == 3 })
    #expect(table.rows.map(\.point.regularization) == lambdas + lambdas)
  }

  @Test func `a wide search ends where no finer step is better, each kind in its table`() throws {
    let table = try #require(try search(wide, "r"))
    #expect(table.best == 0)
    for isKind in [
      { !$0.hasBias }, { $0.hasBias && $0.rank > 0 }, { $0.rank == 0 },
    ] as [(Hyperparameters) -> Bool] {
      #expect(table.rows.contains { isKind($0.point) })
    }
    // Around the best one, every step of the finer grid was taken.
    let best = table.rows[0].point
    let text = String(decoding: try folder.read("r"), as: UTF8.self)
    if best.rank > 0 {
      for value in GridSeries.neighbours(of: best.regularization) {
        #expect(text.contains("\"regularization\":\"\(value)\""))
      }
    }
    #expect(!table.edges.contains { $0.setting != "rank" })
  }

  @Test func `stopped anywhere, a wide search goes on to the same result and record`() throws {
    let expected = try #require(try search(wide, "whole"))
    for stopAfter in [1, 17, 240, 400] {
      let record = "r\(stopAfter)"
      #expect(try search(wide, record, stopAfter: stopAfter) == nil)
      let again = try #require(try search(wide, record, workers: 3))
      #expect(again.rows.map(\.point) == expected.rows.map(\.point))
      #expect(again.rows.map(\.folds) == expected.rows.map(\.folds))
      #expect(again.edges == expected.edges)
      #expect(try folder.read(record) == folder.read("whole"))
    }
  }

  @Test func `where all models diverge it says so, and gives no table`() throws {
    let failure = try #require(throws: Failure.self) {
      try search(TuningSpace(ranks: [2], regularizations: [1e308, 1e307]), "r")
    }
    #expect(failure.code == .diverged)
  }

  @Test func `default grids follow the scale and the density of the ratings`() throws {
    let wide = RatingSpread(deviation: 20, typicalCount: 4)
    for (scaling, narrow, far) in [
      (.count, [0.5, 0.2, 0.1, 0.05, 0.02], [50, 20, 10, 5, 2]),
      (.unscaled, [50, 20, 10, 5, 2], [200, 100, 50, 20, 10]),
    ] as [(RegularizationScaling, [Double], [Double])] {
      let model = try Hyperparameters(regularizationScaling: scaling)
      #expect(spread.regularizations(model) == narrow)
      #expect(wide.regularizations(model) == far)
    }
    #expect(spread.biasRegularizations(.unscaled) == [10, 5, 2, 1, 0.5])
    #expect(spread.biasRegularizations(.count) == [0.1, 0.05, 0.02, 0.01, 0.005])
    #expect(GridSeries.neighbours(of: 0.2) == [0.16, 0.25])
    #expect(GridSeries.neighbours(of: 0.07) == [0.063, 0.08])
    #expect(GridSeries.neighbours(of: 10) == [8, 13])
  }
}
