import BlockALS
import BlockMatrix
import TestSupport
import Testing

/// Fold-in as a program that uses the library sees it, against models that it trained.
@Suite struct `Newcomers of a trained model` {
  private let folder: TemporaryDirectory
  private let ratings: RatingsPartition
  private let all: [Newcomers.Rating]

  init() throws {
    folder = try TemporaryDirectory()
    let matrix = RatingMatrix.random(userCount: 60, itemCount: 40, ratingCount: 700, seed: 5)
    try folder.write(matrix.csv, to: "ratings.csv")
    ratings = try RatingsPartition.create(
      at: folder.file("p"), from: [folder.file("ratings.csv")])
    let (users, items) = (matrix.idTable(.user), matrix.idTable(.item))
    all = matrix.ratings.map {
      Newcomers.Rating(
        user: String(decoding: users[$0.user], as: UTF8.self),
        item: String(decoding: items[$0.item], as: UTF8.self), value: $0.value)
    }
  }

  private func train(_ options: TrainingOptions, iterations: Int = 3) throws -> TrainedModel {
    var options = options
    options.iterations = iterations
    return try TrainedModel.train(
      on: ratings, into: folder.file("m\(iterations)"), options: options)
  }

  static let models: [TrainingOptions] = [
    TrainingOptions(rank: 7), TrainingOptions(rank: 7, biasRegularization: 0.05),
    TrainingOptions(rank: 20, feedback: .implicit(alpha: 2)),
    TrainingOptions(rank: 5, feedback: .ials(unobservedWeight: 0.1, exponent: 1)),
    TrainingOptions(rank: 6, isNonnegative: true),
  ]

  /// The items are solved first: the next iteration solves them against these users.
  @Test(arguments: models)
  func `are what training makes of the same ratings`(options: TrainingOptions) throws {
    let model = try train(options)
    let next = try train(options, iterations: 4)
    let items = try model.foldIn(items: all, workers: 2)
    let users = try model.foldIn(users: all)
    #expect(items.ids.count == ratings.itemCount && users.ids.count == ratings.userCount)
    for id in items.ids { #expect(items.factors(of: id) == next.factors(ofItem: id)) }
    for id in users.ids { #expect(users.factors(of: id) == model.factors(ofUser: id)) }
  }

  @Test func `do not depend on each other`() throws {
    let model = try train(TrainingOptions(rank: 4, algorithm: .conjugateGradients(steps: 1)))
    let few = all.filter { $0.item == "i000003" || $0.item == "i000030" }
    let one = try model.foldIn(items: few.filter { $0.item == "i000030" })
    #expect(one.ids == ["i000030"])
    #expect(
      try one.factors(of: "i000030") == model.foldIn(items: few).factors(of: "i000030"))
  }

  @Test func `are scored, ranked and compared with the model's own`() throws {
    let model = try train(TrainingOptions(rank: 4, biasRegularization: 0.05))
    let new = try model.foldIn(items: [
      .init(user: "u000001", item: "Heat", value: 5),
      .init(user: "u000002", item: "Heat", value: 4), .init(user: "nobody", item: "Heat", value: 4),
      .init(user: "u000002", item: "Ran", value: 1), .init(user: "nobody", item: "Lost", value: 1),
    ])
    #expect(new.ids == ["Heat", "Ran"])
    #expect(new.unknownRatings == 2)
    #expect(new.factors(of: "Lost") == nil)
    #expect(try new.similar(to: "Lost", count: 3) == nil)
    #expect(try new.recommend(for: "nobody", count: 3) == nil)
    let first = try #require(try new.recommend(for: "u000001", count: 3))
    #expect(first.map(\.id) == ["Ran"])
    #expect(first[0].score == new.predict(user: "u000001", item: "Ran"))
    #expect(try new.recommend(for: "u000002", count: 3) == [])
    #expect(try #require(try new.recommend(for: "u000003", count: 3)).count == 2)
    let near = try #require(try new.similar(to: "Heat", count: 3))
    #expect(near.count == 3 && near[0].score >= near[1].score)
    // An item that the model knows, from all its ratings, is its own neighbour or nearly.
    let known = try model.foldIn(items: all.filter { $0.item == "i000000" })
    #expect(try #require(try known.similar(to: "i000000", count: 1)).map(\.id) == ["i000000"])
    let eve = try model.foldIn(users: [.init(user: "eve", item: "i000000", value: 5)])
    let ranking = try #require(try eve.recommend(for: "eve", count: 100))
    #expect(ranking.count == ratings.itemCount - 1)
    #expect(!ranking.map(\.id).contains("i000000"))
    #expect(ranking[0].score == eve.predict(user: "eve", item: ranking[0].id))
    #expect(try eve.similar(to: "eve", count: 5)?.count == 5)
    #expect(try model.similarUsers(to: "u000001", count: 2)?.count == 2)
  }

  @Test func `with a pair twice or without a number are refused`() throws {
    let model = try train(TrainingOptions(rank: 2))
    let rating = Newcomers.Rating(user: "u000001", item: "Heat", value: 5)
    let twice = #expect(throws: BlockALSError.self) { try model.foldIn(items: [rating, rating]) }
    #expect(twice?.kind == .data)
    #expect(twice?.place == "item \"Heat\"")
    let bad = Newcomers.Rating(user: "eve", item: "i000001", value: .nan)
    let number = #expect(throws: BlockALSError.self) { try model.foldIn(users: [bad]) }
    #expect(number?.kind == .data)
    #expect(number?.place == "user \"eve\"")
    #expect(try model.foldIn(users: []).ids == [])
  }
}
