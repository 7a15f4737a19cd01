import BlockMatrix
import BlockStore
import FactorExchange
import Kernels
import LeastSquares
import TestSupport
import Testing
import Training
import Workers

/// Training that begins with the factors of another model.
@Suite struct `A start from another model` {
  /// Tuesday's ratings, in which user 79 has rated nothing but item 44.
  private static let tuesday: RatingMatrix = {
    let drawn = RatingMatrix.random(userCount: 80, itemCount: 45, ratingCount: 900, seed: 11)
    return RatingMatrix(
      userCount: 80, itemCount: 45,
      ratings: drawn.ratings.filter { $0.user != 79 } + [.init(user: 79, item: 44, value: 3)])
  }()
  /// Monday's users and items by Tuesday's indices: in another order, some of them gone since.
  private static let mondayUsers = (5..<77).reversed() + [100, 101]
  private static let mondayItems = [200] + (0..<41).map { ($0 * 7) % 41 }

  private static let monday: RatingMatrix = {
    let users = Dictionary(uniqueKeysWithValues: zip(mondayUsers, 0...))
    let items = Dictionary(uniqueKeysWithValues: zip(mondayItems, 0...))
    let kept = tuesday.ratings.compactMap { rating -> RatingMatrix.Rating? in
      guard let user = users[rating.user], let item = items[rating.item] else { return nil }
      return .init(user: user, item: item, value: rating.value)
    }
    // Those who are gone.
    let others = (0..<8).map { RatingMatrix.Rating(user: 72 + $0 % 2, item: $0, value: 2) }
    return RatingMatrix(userCount: 74, itemCount: 42, ratings: kept + others)
  }()

  private static func ids(_ numbers: [Int], _ letter: String) -> [[UInt8]] {
    numbers.map { Array("\(letter)\($0)".utf8) }
  }

  private static func partition(
    _ folder: borrowing TemporaryDirectory, _ name: String, blocks: Int = 1
  ) throws -> Partition {
    let isMonday = name.hasPrefix("monday")
    let matrix = isMonday ? monday : tuesday
    let users = ids(isMonday ? Array(mondayUsers) : Array(0..<80), "u")
    let items = ids(isMonday ? mondayItems : Array(0..<45), "i")
    return try matrix.partition(
      at: folder.file(name), userBlocks: blocks, itemBlocks: blocks,
      ids: PerSide(
        user: IdTable(users, counts: matrix.counts(.user)),
        item: IdTable(items, counts: matrix.counts(.item))))
  }

  @discardableResult
  private static func train(
    _ partition: Partition, at path: String, _ settings: Hyperparameters, iterations: Int = 2,
    ranks: Int = 1, workers: Int = 2, start: StartingModel? = nil,
    observe: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
  ) throws -> RankSample.Trained {
    var settings = settings
    if let start { settings = try settings.with(ModelSetting.start, start.digest) }
    let asked = settings
    _ = try LocalRanks.run(ranks) { ranks throws(Failure) in
      try Trainer.run(
        partition, into: Trainer.openModel(path, ranks, in: PosixFileSystem()),
        hyperparameters: asked,
        settings: TrainingSettings(run: RunSettings(iterations: iterations), workers: workers),
        ranks: ranks, start: start, observe: observe)
    }
    let newest = try #require(
      try ModelDirectory.open(path, in: PosixFileSystem()).newestGood())
    return RankSample.Trained(
      digest: try Digest.factors(newest.factors), history: newest.facts.history)
  }

  private static func start(_ path: String) throws(Failure) -> StartingModel {
    try StartingModel.open(path, in: PosixFileSystem(), workers: 1)
  }

  @Test(arguments: `Every model`.models)
  func `gives the same bytes for any ranks, blocks and workers, and after an interruption`(
    model: `Every model`.Model
  ) throws {
    let folder = try TemporaryDirectory()
    let settings = try model.make()
    try Self.train(try Self.partition(folder, "monday"), at: folder.file("m"), settings)
    let start = try Self.start(folder.file("m"))
    let new = Locked<PerSide<Int>?>(nil)
    let whole = try Self.partition(folder, "tuesday")
    let expected = try Self.train(
      whole, at: folder.file("t"), settings, start: start,
      observe: { event in
        if case .started(let begun) = event { new.withLock { $0 = begun.newRows } }
      })
    #expect(new.withLock { $0 } == PerSide(user: 8, item: 4))
    let fresh = try Self.train(whole, at: folder.file("f"), settings)
    if settings.rank > 0 { #expect(fresh.digest != expected.digest) }
    let cut = try Self.partition(folder, "tuesday-cut", blocks: 7)
    for ranks in [1, 2, 5] {
      if case .sgd(let descent) = settings.algorithm, descent.gridSize < ranks { continue }
      let path = folder.file("t\(ranks)")
      // Interrupted after the first iteration; the second run has another number of ranks.
      try Self.train(
        cut, at: path, settings, iterations: 1, ranks: ranks, workers: ranks, start: start)
      let found = try Self.train(cut, at: path, settings, ranks: min(ranks + 1, 3), start: start)
      #expect(found == expected, "\(ranks) ranks")
    }
  }

  /// What phases solve in fact, against equations summed cell by cell.
  @Test(arguments: `Every model`.models.filter(\.isExact))
  func `solves what is new from what is known, users before items`(
    model: `Every model`.Model
  ) throws {
    let folder = try TemporaryDirectory()
    let settings = try model.make()
    let source = try RatingBlockSource(try Self.partition(folder, "tuesday"), keeps: true)
    let mean = settings.hasBias ? try source.mean(workers: 1) : 0
    let known = try initialFactors(
      PerSide(user: 0..<80, item: 0..<45), hyperparameters: settings)
    let isNew = PerSide(
      user: (0..<80).map { !Self.mondayUsers.contains($0) },
      item: (0..<45).map { !Self.mondayItems.contains($0) })
    let zeros = [Float](repeating: 0, count: settings.rank)
    for side in Side.allCases {
      for row in isNew[side].indices where isNew[side][row] {
        known[side].setRow(row, factors: zeros)
      }
    }
    let learner = try AlternatingLearner(
      source, hyperparameters: settings, mean: mean, kernels: .select(nil), workers: 2,
      factors: known)
    let reference = ModelReference(matrix: Self.tuesday, settings: settings, mean: mean)
    // Before anything is solved, as the items are zero where they are new.
    let expectedUsers = Self.tuesday.rows(.user).map { reference.solve($0, fixed: known.item).x }
    let before = (0..<80).map { Self.row(known.user, $0) }
    try learner.foldIn(isNew)
    let expectedItems = Self.tuesday.rows(.item).map {
      reference.solve($0, fixed: learner.factors.user).x
    }
    for row in 0..<80 {
      let found = Self.row(learner.factors.user, row)
      if !isNew.user[row] {
        #expect(found == before[row])
      } else if row == 79 {
        // Its only item is new too.
        let seeded = try initialFactors(side: .user, indices: 79..<80, hyperparameters: settings)
        #expect(learner.factors.user.factors(79) == seeded.factors(0))
      } else {
        #expect(relativeDifference([found], [expectedUsers[row]]) < 1e-4, "user \(row)")
      }
    }
    for row in 0..<45 where isNew.item[row] {
      let found = Self.row(learner.factors.item, row)
      #expect(relativeDifference([found], [expectedItems[row]]) < 1e-4, "item \(row)")
    }
  }

  private static func row(_ table: FactorTable, _ row: Int) -> [Double] {
    table.factors(row).map(Double.init) + (table.hasBias ? [Double(table.bias(row))] : [])
  }

  @Test func `of the same ratings is where the first training ended`() throws {
    let folder = try TemporaryDirectory()
    let settings = try Hyperparameters(rank: 8, biasRegularization: 0.1)
    let ratings = try Self.partition(folder, "tuesday")
    let long = try Self.train(ratings, at: folder.file("long"), settings, iterations: 5)
    try Self.train(ratings, at: folder.file("first"), settings, iterations: 3)
    let rest = try Self.train(
      ratings, at: folder.file("rest"), settings, iterations: 2,
      start: Self.start(folder.file("first")))
    #expect(rest.digest == long.digest)
    #expect(rest.history == Array(long.history[3...]))
  }

  @Test func `of another shape is refused, and nothing is left`() throws {
    let folder = try TemporaryDirectory()
    let plain = try Hyperparameters(rank: 8)
    let monday = try Self.partition(folder, "monday")
    try Self.train(monday, at: folder.file("m"), plain)
    let tuesday = try Self.partition(folder, "tuesday")
    let others: [(Hyperparameters, String)] = [
      (try Hyperparameters(rank: 9), "it has rank 8, 9 is asked for"),
      (try Hyperparameters(rank: 8, biasRegularization: 0.1), "it has no biases"),
      (try Hyperparameters(rank: 8, isNonnegative: true), "it has factors below zero"),
    ]
    for (settings, message) in others {
      do throws(Failure) {
        let start = try Self.start(folder.file("m"))
        _ = try Trainer.run(
          tuesday,
          into: ModelDirectory.openOrCreate(folder.file("t"), in: PosixFileSystem()),
          hyperparameters: settings.with(ModelSetting.start, start.digest),
          settings: TrainingSettings(run: RunSettings(iterations: 1), workers: 1), start: start)
        Issue.record("\(message): trained all the same")
      } catch {
        #expect(error.code == .mismatch && error.message.contains(message), "\(error)")
      }
      #expect(try PosixFileSystem().status(folder.file("t")) == nil)
    }
  }

  @Test func `is one of the model's settings: another start is another model`() throws {
    let folder = try TemporaryDirectory()
    let settings = try Hyperparameters(rank: 4)
    let monday = try Self.partition(folder, "monday")
    let tuesday = try Self.partition(folder, "tuesday")
    try Self.train(monday, at: folder.file("m"), settings)
    let start = try Self.start(folder.file("m"))
    try Self.train(tuesday, at: folder.file("t"), settings, start: start)
    try Self.train(monday, at: folder.file("m"), settings, iterations: 3)
    let further = try Self.start(folder.file("m"))
    do {
      try Self.train(tuesday, at: folder.file("t"), settings, iterations: 4, start: further)
      Issue.record("went on from another start")
    } catch let failure as Failure {
      #expect(
        failure.code == .mismatch
          && failure.message.contains(
            "start: \(start.digest) in the model, \(further.digest) asked for"),
        "\(failure)")
    }
    let facts = try #require(
      try ModelDirectory.open(folder.file("t"), in: PosixFileSystem()).newestFacts())
    #expect(facts.hyperparameters.values[ModelSetting.start] == start.digest)
  }

  @Test func `of a damaged model is refused`() throws {
    let folder = try TemporaryDirectory()
    try Self.train(
      try Self.partition(folder, "monday"), at: folder.file("m"), try Hyperparameters(rank: 4))
    let shard = "m/generations/00000002/users-00000.safetensors"
    var bytes = try folder.read(shard)
    bytes[bytes.count / 2] ^= 1
    try folder.replace(shard, with: bytes)
    do throws(Failure) {
      _ = try Self.start(folder.file("m"))
      Issue.record("began with an older generation")
    } catch {
      #expect(error.code == .data)
    }
  }
}
