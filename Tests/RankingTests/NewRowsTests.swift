import BlockMatrix
import BlockStore
import Kernels
import LeastSquares
import Ranking
import TestSupport
import Testing

/// Settings by name, for any rank.
struct NamedSettings: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let make: @Sendable (_ rank: Int) throws(Failure) -> Hyperparameters

  init(
    _ name: String, _ make: @escaping @Sendable (Int) throws(Failure) -> Hyperparameters
  ) {
    testDescription = name
    self.make = make
  }

  private static func implicit(
    _ convention: Confidence.Convention, _ solver: Solver = .auto
  ) -> @Sendable (Int) throws(Failure) -> Hyperparameters {
    { rank throws(Failure) in
      try Hyperparameters(
        rank: rank, feedback: .implicit(Confidence(convention)), algorithm: .als(solver))
    }
  }

  /// Models whose phases solve rows exactly.
  static let exact = [
    NamedSettings("plain") { rank throws(Failure) in try Hyperparameters(rank: rank) },
    NamedSettings("Cholesky") { rank throws(Failure) in
      try Hyperparameters(rank: rank, algorithm: .als(.cholesky))
    },
    NamedSettings("biases") { rank throws(Failure) in
      try Hyperparameters(rank: rank, biasRegularization: 0.05)
    },
    NamedSettings("hu", implicit(.hu)),
    NamedSettings("ials", implicit(.ials)),
    NamedSettings("non-negative") { rank throws(Failure) in
      try Hyperparameters(rank: rank, isNonnegative: true)
    },
  ]

  /// Models whose training only comes near the minimum of a row.
  static let approximate = [
    NamedSettings("cg") { rank throws(Failure) in
      try Hyperparameters(rank: rank, algorithm: .als(.cg(steps: 2)))
    },
    NamedSettings("cg, biases") { rank throws(Failure) in
      try Hyperparameters(rank: rank, biasRegularization: 0.05, algorithm: .als(.cg(steps: 2)))
    },
    NamedSettings("cg, hu", implicit(.hu, .cg(steps: 2))),
    NamedSettings("cg, ials", implicit(.ials, .cg(steps: 2))),
    NamedSettings("descent") { rank throws(Failure) in
      try Hyperparameters(rank: rank, algorithm: .sgd(StochasticSettings()))
    },
    NamedSettings("descent, λ unscaled") { rank throws(Failure) in
      try Hyperparameters(
        rank: rank, regularization: 2, regularizationScaling: .unscaled,
        algorithm: .sgd(StochasticSettings()))
    },
    NamedSettings("descent, biases") { rank throws(Failure) in
      try Hyperparameters(
        rank: rank, biasRegularization: 0.05, algorithm: .sgd(StochasticSettings()))
    },
  ]
}

/// A model with random factors, and its own ratings as if by new users, or of new items.
private struct Newcomers {
  let matrix: RatingMatrix
  let settings: Hyperparameters
  let stored: StoredModel
  let loaded: LoadedModel

  init(_ settings: Hyperparameters, seed: UInt64) throws {
    let matrix = RatingMatrix.random(
      userCount: 200, itemCount: 90, ratingCount: 4000, seed: seed)
    func table(_ side: Side) throws -> FactorTable {
      try .random(
        rowCount: matrix.rowCount(side), rank: settings.rank, hasBias: settings.hasBias,
        seed: side == .user ? 1 : 2)
    }
    self.matrix = matrix
    self.settings = settings
    stored = try StoredModel(
      matrix, ids: PerSide(user: matrix.idTable(.user), item: matrix.idTable(.item)),
      factors: PerSide(user: table(.user), item: table(.item)), hyperparameters: settings,
      mean: settings.hasBias ? 3.25 : nil)
    loaded = try LoadedModel.open(stored.model, in: PosixFileSystem())
  }

  /// The model's ratings with rows and columns in the opposite order, rows with ids of their own,
  /// and a rating with an unknown column among them.
  func fold(_ side: Side, workers: Int) throws -> NewRows {
    let other = side.opposite
    var places = PerSide(user: [UInt32](), item: [UInt32]())
    for each in Side.allCases {
      places[each] = matrix.ratings.reversed().map {
        UInt32(matrix.rowCount(each) - 1 - $0.index(on: each))
      }
    }
    places[side].append(0)
    places[other].append(UInt32(matrix.rowCount(other)))
    let known = (0..<matrix.rowCount(other)).reversed().map {
      String(decoding: matrix.idTable(other)[$0], as: UTF8.self)
    }
    let names = (0..<matrix.rowCount(side)).map { "new\($0)" }
    var ids = PerSide(user: names, item: names)
    ids[other] = known + ["stranger"]
    return try NewRows(
      side,
      HoldoutRatings(
        users: places.user, items: places.item,
        values: matrix.ratings.reversed().map(\.value) + [1]),
      ids: PerSide(
        user: IdTable(ids: ids.user, counts: ids.user.map { _ in 1 }),
        item: IdTable(ids: ids.item, counts: ids.item.map { _ in 1 })), in: loaded,
      workers: workers)
  }

  /// What a phase makes of the model's own rows, in the order of ``fold(_:workers:)``.
  func phaseBits(_ side: Side) throws -> [[UInt32]] {
    let solved = try FactorTable(
      rowCount: matrix.rowCount(side), rank: settings.rank, hasBias: settings.hasBias)
    let solver = try PhaseSolver(
      kernels: KernelSet.select(nil), hyperparameters: settings,
      fixed: loaded.model.rows[side.opposite].table(), solved: solved, workers: 1,
      mean: loaded.model.mean)
    for block in matrix.blocks(side, blockCount: 3) {
      var scratch = try solver.makeScratch()
      _ = try solver.solve(rows: 0..<block.rowCount, of: block, scratch: &scratch)
    }
    return solved.bits.reversed()
  }
}

@Suite struct `New users and items` {
  @Test(arguments: NamedSettings.exact, [1, 5, 16, 40])
  func `get, bit for bit, what a phase gives`(settings: NamedSettings, rank: Int) throws {
    let newcomers = try Newcomers(settings.make(rank), seed: UInt64(rank))
    for side in Side.allCases {
      let expected = try newcomers.phaseBits(side)
      let fixed = try newcomers.loaded.model.rows[side.opposite].table().bits
      for workers in [1, 2, 3, 8] {
        let new = try newcomers.fold(side, workers: workers)
        #expect(new.side == side)
        #expect(new.unknownRatings == 1)
        #expect(new.emptyRows.isEmpty)
        #expect(try new.model.rows[side].table().bits == expected)
        #expect(try new.model.rows[side.opposite].table().bits == fixed)
      }
    }
  }

  @Test(arguments: NamedSettings.exact + NamedSettings.approximate, [3, 20])
  func `minimise the model's objective, however it was trained`(
    settings: NamedSettings, rank: Int
  ) throws {
    let newcomers = try Newcomers(settings.make(rank), seed: UInt64(rank))
    let reference = ModelReference(
      matrix: newcomers.matrix, settings: newcomers.settings,
      mean: Double(newcomers.loaded.model.mean))
    for side in Side.allCases {
      let table = try newcomers.fold(side, workers: 2).model.rows[side].table()
      let fixed = try newcomers.loaded.model.rows[side.opposite].table()
      let expected = newcomers.matrix.rows(side).reversed().map {
        reference.solve($0, fixed: fixed).x
      }
      let found = (0..<table.rowCount).map { row in
        table.factors(row).map(Double.init) + (table.hasBias ? [Double(table.bias(row))] : [])
      }
      #expect(relativeDifference(found, expected) <= 1e-5, "\(side)")
    }
  }

  @Test func `rate as the mean, both biases and the product say, and not what is rated`() throws {
    let newcomers = try Newcomers(Hyperparameters(rank: 6, biasRegularization: 0.05), seed: 3)
    for side in Side.allCases {
      let model = try newcomers.fold(side, workers: 1).model
      let (users, items) = (try model.rows.user.table(), try model.rows.item.table())
      let seen = try newcomers.fold(side, workers: 1).seen
      var found: [[Candidate]] = []
      try Recommender(model, seen: seen).recommend(
        to: Array(0..<UInt32(users.rowCount)), limit: items.rowCount, workers: 2,
        transform: { _, rankings throws(Failure) in rankings },
        emit: { _, rankings throws(Failure) in found += rankings })
      // The new side counts backwards.
      func place(_ index: Int, _ count: Int, on each: Side) -> Int {
        each == side ? count - 1 - index : index
      }
      for (user, row) in newcomers.matrix.rows(.user).enumerated() {
        let ranking = found[place(user, users.rowCount, on: .user)]
        let rated = Set(row.map { UInt32(place($0.column, items.rowCount, on: .item)) })
        #expect(
          Set(ranking.map(\.index)) == Set(0..<UInt32(items.rowCount)).subtracting(rated))
        for candidate in ranking {
          let (x, y) = (place(user, users.rowCount, on: .user), Int(candidate.index))
          let product = zip(users.factors(x), items.factors(y)).reduce(0.0) {
            $0 + Double($1.0) * Double($1.1)
          }
          let expected = 3.25 + Double(users.bias(x)) + Double(items.bias(y)) + product
          #expect(abs(Double(candidate.score) - expected) < 1e-4)
        }
      }
    }
  }

  @Test(arguments: Side.allCases)
  func `without a known rating are named, and twice the same pair is refused`(
    side: Side
  ) throws {
    let stored = try StoredModel.tiny()
    let loaded = try LoadedModel.open(stored.model, in: PosixFileSystem())
    var ids = PerSide(
      user: IdTable(ids: ["eve", "joe"], counts: [1, 1]),
      item: IdTable(ids: ["eve", "joe"], counts: [1, 1]))
    let known = side == .user ? "Dune" : "bob"
    ids[side.opposite] = IdTable(ids: [known, "stranger"], counts: [1, 1])
    func fold(_ rows: [UInt32], _ columns: [UInt32]) throws(Failure) -> NewRows {
      try NewRows(
        side,
        HoldoutRatings(
          users: side == .user ? rows : columns, items: side == .user ? columns : rows,
          values: [1, 2]), ids: ids, in: loaded, workers: 1)
    }
    let new = try fold([0, 1], [1, 0])
    #expect(new.emptyRows == [0])
    #expect(new.ratedRows == [1])
    #expect(try new.model.rows[side].table().factors(0) == [0, 0])
    let failure = #expect(throws: Failure.self) { try fold([1, 1], [0, 0]) }
    #expect(
      failure
        == Failure(
          .data, at: "\(side.rawValue) \"joe\"",
          side == .user ? "has rated item \"Dune\" twice" : "was rated by user \"bob\" twice",
          hint: "leave one rating of each user and item"))
  }
}
