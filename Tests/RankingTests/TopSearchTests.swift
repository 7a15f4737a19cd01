import BlockMatrix
import BlockStore
import Kernels
import Ranking
import TestSupport
import Testing

/// The product of two rows: a chain of fused multiply-adds, as the kernels promise.
private func score(_ left: [Float], _ right: [Float]) -> Float {
  var sum: Float = 0
  for (left, right) in zip(left, right) { sum.addProduct(left, right) }
  return sum
}

/// Ranks all items by plain arithmetic.
private func plainRanking(
  _ user: [Float], _ items: FactorTable, limit: Int, excluded: ArraySlice<UInt32> = []
) -> [Candidate] {
  let all = (0..<items.rowCount).map { item in
    Candidate(index: UInt32(item), score: score(user, items.factors(item)))
  }
  let ranked = all.filter { !excluded.contains($0.index) }
    .sorted { $0.score > $1.score || ($0.score == $1.score && $0.index < $1.index) }
  return Array(ranked.prefix(limit))
}

private func rank(
  _ users: FactorTable, _ items: FactorTable, limit: Int, workers: Int = 2,
  set: InstructionSet? = nil, excluded: [ArraySlice<UInt32>] = []
) throws(Failure) -> [[Candidate]] {
  let tiles = try CandidateTiles(Array(0..<UInt32(items.rowCount)), width: items.rank) { indices in
    indices.map { items.factors(Int($0)) }
  }
  return try TopSearch(tiles, kernels: KernelSet.select(set)).rank(
    count: users.rowCount, limit: limit, workers: workers,
    row: { users.factors($0) },
    excluded: { excluded.isEmpty ? [] : excluded[$0] },
    transform: { _, rankings throws(Failure) in rankings }
  ).flatMap(\.self)
}

@Suite struct `Top search` {
  @Test func `ranks as Spark's test of its recommendations does`() throws {
    let users = try FactorTable(rows: [[6, 4], [3, 4], [3, 6]])
    let items = try FactorTable(rows: [[5, 6], [6, 2], [3, 6], [4, 1]])
    let expected: [[(Int, Float)]] = [
      [(3, 54), (4, 44), (5, 42), (6, 28)],
      [(3, 39), (5, 33), (4, 26), (6, 16)],
      [(3, 51), (5, 45), (4, 30), (6, 18)],
    ]
    for limit in 1...6 {
      let found = try rank(users, items, limit: limit)
      for (ranking, wanted) in zip(found, expected) {
        #expect(ranking.map { Int($0.index) + 3 } == wanted.prefix(limit).map(\.0))
        #expect(ranking.map(\.score) == wanted.prefix(limit).map(\.1))
      }
    }
  }

  @Test(arguments: [1, 2, 7, 16, 33, 64])
  func `finds exactly what comparing all scores finds`(rank width: Int) throws {
    for (seed, itemCount) in [1, 31, 32, 33, 300].enumerated() {
      for spread in [0, 0.3] as [Float] {
        let users = try FactorTable.random(rowCount: 19, rank: width, seed: UInt64(seed))
        let items = try FactorTable.random(
          rowCount: itemCount, rank: width, seed: UInt64(seed + 100), spread: spread)
        for limit in [1, 2, 10, 400] {
          let found = try rank(users, items, limit: limit)
          for user in 0..<users.rowCount {
            #expect(found[user] == plainRanking(users.factors(user), items, limit: limit))
          }
        }
      }
    }
  }

  @Test func `scores are the true products to within their rounding`() throws {
    let width = 64
    let users = try FactorTable.random(rowCount: 9, rank: width, seed: 1)
    let items = try FactorTable.random(rowCount: 200, rank: width, seed: 2)
    let found = try rank(users, items, limit: 20)
    for user in 0..<users.rowCount {
      let left = users.factors(user).map(Double.init)
      let exact = (0..<items.rowCount).map { item in
        zip(left, items.factors(item)).map { ($0 * Double($1), abs($0 * Double($1))) }
          .reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
      }
      let tolerance = Double(width + 1) * 0x1p-24 * (exact.map(\.1).max() ?? 0)
      for candidate in found[user] {
        #expect(abs(Double(candidate.score) - exact[Int(candidate.index)].0) <= tolerance)
      }
      let last = Double(found[user][19].score)
      let kept = Set(found[user].map { Int($0.index) })
      for item in 0..<items.rowCount where !kept.contains(item) {
        #expect(exact[item].0 <= last + tolerance)
      }
    }
  }

  @Test func `equal scores are ranked by ascending index`() throws {
    let users = try FactorTable.random(rowCount: 11, rank: 3, seed: 5, steps: 1)
    let items = try FactorTable.random(rowCount: 250, rank: 3, seed: 6, steps: 1)
    for limit in [1, 5, 40, 250] {
      let found = try rank(users, items, limit: limit)
      for user in 0..<users.rowCount {
        #expect(found[user] == plainRanking(users.factors(user), items, limit: limit))
      }
    }
    let zeros = try rank(
      FactorTable(rowCount: 2, rank: 3), FactorTable(rowCount: 100, rank: 3), limit: 5)
    #expect(zeros.allSatisfy { $0.map(\.index) == [0, 1, 2, 3, 4] })
  }

  @Test func `what is excluded is not ranked, and what is left moves up`() throws {
    let users = try FactorTable.random(rowCount: 20, rank: 8, seed: 7)
    let items = try FactorTable.random(rowCount: 90, rank: 8, seed: 8)
    var generator = SplitMix(seed: 9)
    let excluded = (0..<20).map { user in
      (0..<UInt32(90)).filter { _ in user == 3 || generator.unit() < 0.5 }[...]
    }
    let found = try rank(users, items, limit: 10, excluded: excluded)
    for user in 0..<20 {
      #expect(
        found[user]
          == plainRanking(users.factors(user), items, limit: 10, excluded: excluded[user]))
    }
    #expect(found[3].isEmpty)
  }

  @Test func `the bits depend on neither workers nor instruction set`() throws {
    let users = try FactorTable.random(rowCount: 700, rank: 24, seed: 10)
    let items = try FactorTable.random(rowCount: 333, rank: 24, seed: 11)
    let one = try rank(users, items, limit: 10, workers: 1)
    for set in InstructionSet.supported {
      for workers in [1, 2, 3, 8] {
        #expect(try rank(users, items, limit: 10, workers: workers, set: set) == one)
      }
    }
  }

  @Test func `no items or no users are no rankings`() throws {
    let some = try FactorTable.random(rowCount: 3, rank: 4, seed: 12)
    let none = try FactorTable(rowCount: 0, rank: 4)
    #expect(try rank(none, some, limit: 10).isEmpty)
    #expect(try rank(some, none, limit: 10) == [[], [], []])
  }
}

@Suite struct `A model's scores` {
  private func model(hasBias: Bool) throws -> FactorModel {
    let matrix = RatingMatrix.random(
      userCount: 40, itemCount: 50, ratingCount: 400, seed: 1)
    let (users, items) = (matrix.userCount, matrix.itemCount)
    return try FactorModel(
      factors: PerSide(
        user: .random(rowCount: users, rank: 5, hasBias: hasBias, seed: 2),
        item: .random(rowCount: items, rank: 5, hasBias: hasBias, seed: 3)),
      ids: PerSide(user: matrix.idTable(.user), item: matrix.idTable(.item)),
      mean: hasBias ? 3.5 : 0, scale: 1...5)
  }

  @Test(arguments: [false, true])
  func `a ranking holds the bits that a prediction has`(hasBias: Bool) throws {
    let model = try model(hasBias: hasBias)
    let users = Array(0..<UInt32(model.ids.user.count))
    var rankings: [[Candidate]] = []
    try Recommender(model).recommend(
      to: users, limit: 7, workers: 2,
      transform: { _, found throws(Failure) in found },
      emit: { _, found throws(Failure) in rankings += found })
    #expect(rankings.count == users.count)
    let predictor = try Predictor(model)
    for (user, ranking) in rankings.enumerated() {
      for candidate in ranking {
        #expect(candidate.score == predictor.predict(user: user, item: Int(candidate.index)))
      }
    }
  }

  @Test func `with biases a score is mean, biases and product`() throws {
    let model = try model(hasBias: true)
    let predictor = try Predictor(model)
    let (user, item) = (try model.rows.user.table(), try model.rows.item.table())
    let product = zip(user.factors(4), item.factors(9)).reduce(0.0) {
      $0 + Double($1.0) * Double($1.1)
    }
    let expected = 3.5 + Double(user.bias(4)) + Double(item.bias(9)) + product
    #expect(abs(Double(predictor.predict(user: 4, item: 9) ?? .nan) - expected) < 1e-5)
    #expect(predictor.predict(user: nil, item: 9) == 3.5 + item.bias(9))
    #expect(predictor.predict(user: 4, item: nil) == 3.5 + user.bias(4))
    #expect(predictor.predict(user: nil, item: nil) == 3.5)
  }

  @Test func `without biases an unknown side leaves nothing to predict`() throws {
    let predictor = try Predictor(model(hasBias: false))
    #expect(predictor.predict(user: nil, item: 1) == nil)
    #expect(predictor.predict(user: 1, item: nil) == nil)
  }
}
