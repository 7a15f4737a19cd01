import BlockMatrix
import BlockStore
import Ranking
import TestSupport
import Testing

@Suite struct `Metrics of a ranking` {
  @Test func `a hand-worked ranking of five with three of four hits`() {
    // Ranking 7 2 9 4 1, relevant 1 2 7 8: hits at places 1, 2 and 5.
    let quality = RankingQuality([7, 2, 9, 4, 1], relevant: [1, 2, 7, 8], limit: 5)
    #expect(quality.precision == 3.0 / 5)
    #expect(quality.recall == 3.0 / 4)
    #expect(quality.truncatedRecall == 3.0 / 4)
    // 1/log₂2 + 1/log₂3 + 1/log₂6 = 1 + 0.630930 + 0.386853 = 2.017782;
    // ideal, four hits: 1 + 0.630930 + 0.5 + 0.430677 = 2.561606.
    #expect(abs(quality.ndcg - 2.017782 / 2.561606) < 1e-6)
    // (1/1 + 2/2 + 3/5) / 4 = 0.65
    #expect(abs(quality.averagePrecision - 0.65) < 1e-12)
    #expect(quality.reciprocalRank == 1)
    #expect(quality.hit == 1)
  }

  @Test func `with more relevant items than places, truncated recall can reach one`() {
    // Both places are hits of five: recall 2/5, truncated 2/2, everything else ideal.
    let quality = RankingQuality([0, 3], relevant: [0, 1, 2, 3, 4], limit: 2)
    #expect(quality.precision == 1)
    #expect(quality.recall == 0.4)
    #expect(quality.truncatedRecall == 1)
    #expect(quality.ndcg == 1)
    #expect(quality.averagePrecision == 1)
  }

  @Test func `a ranking shorter than k still divides precision by k`() {
    // One place of ten, a hit, and it is the second item of two relevant ones.
    let quality = RankingQuality([5], relevant: [1, 5], limit: 10)
    #expect(quality.precision == 0.1)
    #expect(quality.recall == 0.5)
    #expect(quality.averagePrecision == 0.5)
  }

  @Test func `the first hit at place three has reciprocal rank one third`() {
    let quality = RankingQuality([1, 2, 3], relevant: [3], limit: 3)
    #expect(quality.reciprocalRank == 1.0 / 3)
    #expect(quality.ndcg == 1 / 2.0)  // 1/log₂4, ideal 1
    #expect(quality.averagePrecision == 1.0 / 3)
  }

  @Test func `no hit is zero everywhere`() {
    #expect(RankingQuality([1, 2], relevant: [3], limit: 2) == RankingQuality())
    #expect(RankingQuality([], relevant: [3], limit: 2) == RankingQuality())
  }
}

@Suite struct `An evaluation` {
  @Test func `the worked model, worked by hand`() throws {
    let stored = try StoredModel.tiny()
    let fileSystem = PosixFileSystem()
    let loaded = try LoadedModel.open(stored.model, in: fileSystem)
    let partition = try Partition.open(stored.partition, in: fileSystem)
    let test = try loaded.holdout(of: partition)
    let accuracy = try Accuracy.measure(loaded.model, on: test, clip: false, workers: 2)
    // ann–Casablanca 1.5 against −1.5, bob–Brazil 3.5 against 1, bob–Dune 2 against 1.5:
    // errors 3, 2.5, 0.5; squares 9 + 6.25 + 0.25 = 15.5; sizes 6.
    #expect(accuracy.pairs == 3)
    #expect(accuracy.unknownPairs == 1)
    #expect(accuracy.fallbackPairs == 0)
    #expect(accuracy.rmse == (15.5 / 3).squareRoot())
    #expect(accuracy.mae == 2)
    // Clipped to the scale 1…5 of the training ratings: −1.5 becomes 1, so errors 0.5, 2.5, 0.5.
    let clipped = try Accuracy.measure(loaded.model, on: test, clip: true, workers: 2)
    #expect(clipped.rmse == (6.75 / 3).squareRoot())

    // Unseen, best first: ann Casablanca (a hit); bob Dune, Brazil (both hits); zoë has no test.
    let seen = try loaded.seenRatings(of: partition).source
    let metrics = try RankingMetrics.measure(
      Recommender(loaded.model, seen: seen), on: test, limit: 1, workers: 2)
    #expect(metrics.users == 2)
    #expect(metrics.skippedUsers == 1)
    #expect(metrics.mean?.precision == 1)
    #expect(metrics.mean?.recall == 0.75)  // (1/1 + 1/2) / 2
    #expect(metrics.mean?.truncatedRecall == 1)
    #expect(metrics.coverage == 0.5)  // Casablanca and Dune of four items

    // Nothing excluded: ann and bob both get Alien, which neither has in the test.
    let all = try RankingMetrics.measure(
      Recommender(loaded.model), on: test, limit: 1, workers: 2)
    #expect(all.mean?.hit == 0)
    #expect(all.coverage == 0.25)

    // From 2 on, ann's 1.5 is no hit and ann has no test item.
    let strict = try RankingMetrics.measure(
      Recommender(loaded.model, seen: seen), on: test, limit: 1, relevantFrom: 2, workers: 2)
    #expect(strict.users == 1)
    #expect(strict.skippedUsers == 2)
  }

  @Test func `unknown ids are counted, and unknown items stay among the relevant`() throws {
    let stored = try StoredModel.tiny()
    let loaded = try LoadedModel.open(stored.model, in: PosixFileSystem())
    // bob rated Dune, and Heat twice, which the model does not know; eve is unknown herself.
    let test = TestRatings(
      HoldoutRatings(
        users: [0, 0, 0, 1, 1], items: [0, 1, 1, 0, 1], values: [3, 3, 3, 3, 3]),
      ids: PerSide(
        user: IdTable(ids: ["bob", "eve"], counts: [3, 2]),
        item: IdTable(ids: ["Dune", "Heat"], counts: [2, 3])),
      model: loaded.model)
    let accuracy = try Accuracy.measure(loaded.model, on: test, clip: false, workers: 1)
    #expect(accuracy.pairs == 1)
    #expect(accuracy.unknownPairs == 4)
    let metrics = try RankingMetrics.measure(
      Recommender(loaded.model), on: test, limit: 4, workers: 1)
    #expect(metrics.users == 1)
    #expect(metrics.mean?.recall == 0.5)  // Dune of Dune and Heat
  }

  /// A user and an item of the partition without a rating that the model was trained on are as
  /// unknown as if the partition did not have them.
  @Test(arguments: [false, true])
  func `a pair without training ratings is compared as an unknown one`(hasBias: Bool) throws {
    func tables(_ users: Int, _ items: Int) throws -> PerSide<FactorTable> {
      PerSide(
        user: try .random(rowCount: users, rank: 3, hasBias: hasBias, seed: 1),
        item: try .random(rowCount: items, rank: 3, hasBias: hasBias, seed: 2))
    }
    func ids(_ count: Int) -> IdTable {
      IdTable(ids: (0..<count).map { "\($0)" }, counts: Array(repeating: 1, count: count))
    }
    func model(_ users: Int, _ items: Int) throws -> FactorModel {
      try FactorModel(
        factors: tables(users, items), ids: PerSide(user: ids(users), item: ids(items)),
        mean: hasBias ? 3 : 0, scale: 1...5)
    }
    let ratings = HoldoutRatings(
      users: [0, 0, 1, 3, 3], items: [1, 4, 0, 1, 4], values: [3, 4, 5, 1, 2])
    // The last user and the last item are there with factors, but none of their ratings is.
    let whole = try model(4, 5)
    let cold = TestRatings(
      ratings, trainingCounts: PerSide(user: [2, 1, 1, 0], item: [1, 1, 1, 1, 0]))
    let part = try model(3, 4)
    let apart = TestRatings(ratings, known: PerSide(user: 3, item: 4))
    let found = try Accuracy.measure(whole, on: cold, clip: false, workers: 2)
    #expect(found == (try Accuracy.measure(part, on: apart, clip: false, workers: 2)))
    #expect(found.pairs == (hasBias ? 5 : 2) && found.fallbackPairs == (hasBias ? 3 : 0))
    #expect(cold.knownUsers.map(\.user) == [0, 1])
  }

  @Test func `a test without known pairs has no error and no mean`() throws {
    let stored = try StoredModel.tiny()
    let loaded = try LoadedModel.open(stored.model, in: PosixFileSystem())
    let test = TestRatings(HoldoutRatings(), known: PerSide(user: 3, item: 4))
    let accuracy = try Accuracy.measure(loaded.model, on: test, clip: false, workers: 1)
    #expect(accuracy.rmse == nil && accuracy.mae == nil)
    let metrics = try RankingMetrics.measure(
      Recommender(loaded.model), on: test, limit: 4, workers: 1)
    #expect(metrics.mean == nil && metrics.users == 0 && metrics.coverage == 0)
  }

  @Test func `every bit is the same for any number of workers`() throws {
    let matrix = RatingMatrix.random(userCount: 900, itemCount: 120, ratingCount: 40000, seed: 3)
    let ids = PerSide(user: matrix.idTable(.user), item: matrix.idTable(.item))
    let model = try FactorModel(
      factors: PerSide(
        user: .random(rowCount: matrix.userCount, rank: 6, seed: 4),
        item: .random(rowCount: matrix.itemCount, rank: 6, seed: 5)),
      ids: ids, scale: 1...5)
    let test = TestRatings(
      HoldoutRatings(
        users: matrix.ratings.map { UInt32($0.user) },
        items: matrix.ratings.map { UInt32($0.item) }, values: matrix.ratings.map(\.value)),
      known: PerSide(user: matrix.userCount, item: matrix.itemCount))
    let accuracy = try Accuracy.measure(model, on: test, clip: false, workers: 1)
    let metrics = try RankingMetrics.measure(Recommender(model), on: test, limit: 20, workers: 1)
    for workers in [2, 3, 8] {
      #expect(
        try Accuracy.measure(model, on: test, clip: false, workers: workers) == accuracy)
      #expect(
        try RankingMetrics.measure(Recommender(model), on: test, limit: 20, workers: workers)
          == metrics)
    }
    // And they are what a sum in Double over all pairs gives.
    let (users, items) = (try model.rows.user.table(), try model.rows.item.table())
    let squares = matrix.ratings.reduce(0.0) { sum, rating in
      let product = zip(users.factors(rating.user), items.factors(rating.item))
        .reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      return sum + (Double(rating.value) - product) * (Double(rating.value) - product)
    }
    let expected = (squares / Double(matrix.ratings.count)).squareRoot()
    #expect(abs((accuracy.rmse ?? 0) - expected) < 1e-6)
  }

  @Test func `test ratings are put in the order of users and items`() {
    let test = TestRatings(
      HoldoutRatings(users: [2, 0, 2, 0], items: [1, 5, 0, 5], values: [1, 2, 3, 4]),
      known: PerSide(user: 3, item: 6))
    #expect(test.ratings.users == [0, 0, 2, 2])
    #expect(test.ratings.items == [5, 5, 0, 1])
    #expect(test.ratings.values == [2, 4, 3, 1])
    #expect(test.knownUsers.map(\.user) == [0, 2])
    #expect(test.knownUsers.map(\.ratings) == [0..<2, 2..<4])
  }
}
