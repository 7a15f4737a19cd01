import BlockMatrix
import BlockStore
import Kernels
import LeastSquares
import Ranking
import TestSupport
import Testing

@Suite struct `New users` {
  private func stored(
    _ matrix: RatingMatrix, _ factors: PerSide<FactorTable>
  ) throws -> StoredModel {
    try StoredModel(
      matrix, ids: PerSide(user: matrix.idTable(.user), item: matrix.idTable(.item)),
      factors: factors)
  }

  /// A setting of each kind of model that rows are solved for.
  static func settings(_ kind: String, rank: Int) throws -> Hyperparameters {
    switch kind {
    case "biases": try Hyperparameters(rank: rank, biasRegularization: 0.05)
    case "implicit":
      try Hyperparameters(rank: rank, feedback: .implicit(Confidence(.hu, alpha: 2)))
    case "nonnegative": try Hyperparameters(rank: rank, isNonnegative: true)
    default: try Hyperparameters(rank: rank)
    }
  }

  @Test(arguments: [1, 5, 16, 40], ["plain", "biases", "implicit", "nonnegative"])
  func `get, bit for bit, the factors that a phase gives`(rank: Int, kind: String) throws {
    let settings = try Self.settings(kind, rank: rank)
    let mean: Float = settings.hasBias ? 3.25 : 0
    let matrix = RatingMatrix.random(
      userCount: 200, itemCount: 90, ratingCount: 4000, seed: UInt64(rank))
    let items = try FactorTable.random(
      rowCount: matrix.itemCount, rank: rank, hasBias: settings.hasBias, seed: 1)
    let solved = try FactorTable(
      rowCount: matrix.userCount, rank: rank, hasBias: settings.hasBias)
    let stored = try StoredModel(
      matrix, ids: PerSide(user: matrix.idTable(.user), item: matrix.idTable(.item)),
      factors: PerSide(user: solved, item: items), hyperparameters: settings,
      mean: settings.hasBias ? Double(mean) : nil)
    let loaded = try LoadedModel.open(stored.model, in: PosixFileSystem())
    let solver = try PhaseSolver(
      kernels: KernelSet.select(nil), hyperparameters: loaded.facts.hyperparameters, fixed: items,
      solved: solved, workers: 1, mean: mean)
    for block in matrix.blocks(.user, blockCount: 3) {
      var scratch = try solver.makeScratch()
      _ = try solver.solve(rows: 0..<block.rowCount, of: block, scratch: &scratch)
    }
    // The same ratings, users and items in another order, and an unknown item among them.
    let shuffled = matrix.ratings.reversed()
    let itemIds = (0..<matrix.itemCount).reversed().map {
      String(decoding: matrix.idTable(.item)[$0], as: UTF8.self)
    }
    let ratings = HoldoutRatings(
      users: shuffled.map { UInt32(matrix.userCount - 1 - $0.user) } + [0],
      items: shuffled.map { UInt32(matrix.itemCount - 1 - $0.item) } + [UInt32(matrix.itemCount)],
      values: shuffled.map(\.value) + [1])
    let ids = PerSide(
      user: IdTable(
        ids: (0..<matrix.userCount).map { "new\($0)" },
        counts: (0..<matrix.userCount).map { _ in 1 }),
      item: IdTable(ids: itemIds + ["stranger"], counts: (0...matrix.itemCount).map { _ in 1 }))
    for workers in [1, 2, 3, 8] {
      let newUsers = try NewUsers(ratings, ids: ids, in: loaded, workers: workers)
      #expect(newUsers.unknownRatings == 1)
      #expect(newUsers.emptyUsers.isEmpty)
      #expect(newUsers.model.factors.user.bits == solved.bits.reversed())
      let rated = newUsers.items(ofUsers: [2])
      #expect(
        Array(rated[0])
          == matrix.rows(.user)[matrix.userCount - 3].map { UInt32($0.column) })
    }
  }

  @Test func `without a known item are named, and twice the same item is refused`() throws {
    let matrix = RatingMatrix.random(userCount: 9, itemCount: 9, ratingCount: 30, seed: 1)
    let stored = try stored(
      matrix,
      PerSide(
        user: .random(rowCount: matrix.userCount, rank: 2, seed: 1),
        item: .random(rowCount: matrix.itemCount, rank: 2, seed: 2)))
    let loaded = try LoadedModel.open(stored.model, in: PosixFileSystem())
    let ids = PerSide(
      user: IdTable(ids: ["eve", "joe"], counts: [1, 1]),
      item: IdTable(ids: ["i000000", "Heat"], counts: [1, 1]))
    let newUsers = try NewUsers(
      HoldoutRatings(users: [0, 1], items: [1, 0], values: [1, 2]), ids: ids, in: loaded,
      workers: 1)
    #expect(newUsers.emptyUsers == [0])
    #expect(newUsers.model.factors.user.factors(0) == [0, 0])
    let failure = #expect(throws: Failure.self) {
      try NewUsers(
        HoldoutRatings(users: [1, 1], items: [0, 0], values: [1, 2]), ids: ids, in: loaded,
        workers: 1)
    }
    #expect(
      failure
        == Failure(
          .data, at: "user \"joe\"", "has rated item \"i000000\" twice",
          hint: "leave one rating of each user and item"))
  }
}
