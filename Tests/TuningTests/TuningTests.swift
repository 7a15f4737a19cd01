import BlockMatrix
import BlockStore
import Kernels
import Ranking
import TestSupport
import Testing
import Training
import Tuning
import Workers

@Suite struct `Tuning` {
  private let matrix = RatingMatrix.random(
    userCount: 60, itemCount: 40, ratingCount: 900, seed: 2)

  private func validation(
    workers: Int = 2, metric: CrossValidation.Metric = .rmse(clip: false)
  ) throws(Failure) -> CrossValidation {
    try CrossValidation(foldCount: 3, iterations: 5, metric: metric, workers: workers)
  }

  private func run(
    _ validation: CrossValidation, _ partition: Partition, record path: String,
    _ base: Hyperparameters, stop: StopRequest = StopRequest(), stopAfter: Int = .max
  ) throws -> [[Double]]? {
    let record = try TuningRecord(
      path, heading: validation.heading(partition.facts), in: PosixFileSystem())
    let grid = TuningGrid(regularization: [0.05, 0.4, 0.1], ranks: [2, 5])
    return try validation.run(
      partition, paths: grid.paths(base), record: record, kernels: KernelSet.select(nil),
      stop: stop
    ) { progress in
      if progress.done == stopAfter { stop.set() }
    }
  }

  @Test func `a path goes from the largest λ down, one for each other combination`() throws {
    let grid = TuningGrid(
      regularization: [0.1, 0.3, 0.2], ranks: [4, 8], biasRegularization: [0.5, 0.6])
    let paths = try grid.paths(Hyperparameters(biasRegularization: 1))
    #expect(paths.count == 4)
    for path in paths { #expect(path.map(\.regularization) == [0.3, 0.2, 0.1]) }
    #expect(paths.map { $0[0].rank } == [4, 4, 8, 8])
    #expect(paths.map { $0[0].biasRegularization } == [0.5, 0.6, 0.5, 0.6])
  }

  @Test func `stopped after any point, it goes on to the same values`() throws {
    let folder = try TemporaryDirectory()
    let partition = try matrix.partition(at: folder.file("p"), userBlocks: 2)
    let base = try Hyperparameters(regularization: 0.1)
    let expected = try #require(
      try run(validation(), partition, record: folder.file("whole"), base))
    #expect(expected.count == 6 && expected.allSatisfy { $0.count == 3 })
    for stopAfter in [1, 2, 3, 7, 17] {
      let path = folder.file("r\(stopAfter)")
      let stopped = try run(validation(), partition, record: path, base, stopAfter: stopAfter)
      #expect(stopped == nil)
      let again = try run(validation(workers: 3), partition, record: path, base)
      #expect(again == expected)
    }
  }

  @Test func `a record of another comparison and a damaged line are refused`() throws {
    let folder = try TemporaryDirectory()
    let disk = PosixFileSystem()
    let path = folder.file("record")
    let record = try TuningRecord(path, heading: "one", in: disk)
    try record.enter(0.5, for: "rank=2", fold: 1)
    #expect(try TuningRecord(path, heading: "one", in: disk).value("rank=2", fold: 1) == 0.5)
    #expect(throws: Failure.self) { try TuningRecord(path, heading: "two", in: disk) }
    var bytes = try folder.read("record")
    // A torn last line is dropped, a changed one is not believed.
    let torn = folder.file("torn")
    try folder.write(Array(bytes.dropLast(3)), to: "torn")
    #expect(try TuningRecord(torn, heading: "one", in: disk).value("rank=2", fold: 1) == nil)
    let position = try #require(bytes.lastIndex(of: UInt8(ascii: "5")))
    bytes[position] = UInt8(ascii: "6")
    try folder.write(bytes, to: "changed")
    #expect(throws: Failure.self) {
      try TuningRecord(folder.file("changed"), heading: "one", in: disk)
    }
  }

  @Test func `the simplest model within one standard error is found`() throws {
    let points = try [0.4, 0.2, 0.1].map { try Hyperparameters(rank: 5, regularization: $0) }
    // Means 1.02, 1.00, 1.30; the best one's standard error is 0.1 / √3 · √(3/2) … by hand:
    // values 0.9, 1.0, 1.1 have standard deviation 0.1, divided by √3: 0.0577.
    let table = TuningTable(
      points, values: [[1.01, 1.02, 1.03], [0.9, 1.0, 1.1], [1.3, 1.3, 1.3]],
      higherIsBetter: false)
    #expect(table.best == 1)
    #expect(table.simplest == 0)
    #expect(abs(table.rows[1].standardError - 0.1 / 3.0.squareRoot()) < 1e-12)
    let upside = TuningTable(
      points, values: [[1.01, 1.02, 1.03], [0.9, 1.0, 1.1], [1.3, 1.3, 1.3]],
      higherIsBetter: true)
    #expect(upside.best == 2 && upside.simplest == 2)
  }

  @Test func `a ranking metric excludes what the fold trains on, not what it holds out`() throws {
    let folder = try TemporaryDirectory()
    let partition = try matrix.partition(at: folder.file("p"))
    let metric = try #require(RankingMetric("recall@40"))
    // With rankings as long as the catalogue every held-out item is found.
    let values = try #require(
      try run(
        validation(metric: .ranking(metric)), partition, record: folder.file("r"),
        Hyperparameters()))
    for value in values.flatMap(\.self) { #expect(value == 1) }
  }
}
