import BlockALS
import BlockMatrix
import TestSupport
import Testing
import Workers

/// Ratings and models that are in memory, as a program that uses the library sees them.
@Suite struct `Ratings and models in memory` {
  private let folder: TemporaryDirectory
  private let all: [Newcomers.Rating]
  private let stored: RatingsPartition

  init() throws {
    folder = try TemporaryDirectory()
    let matrix = RatingMatrix.random(userCount: 50, itemCount: 30, ratingCount: 400, seed: 3)
    try folder.write(matrix.csv, to: "ratings.csv")
    stored = try RatingsPartition.create(
      at: folder.file("p"), from: [folder.file("ratings.csv")], holdout: 0.1)
    let (users, items) = (matrix.idTable(.user), matrix.idTable(.item))
    all = matrix.ratings.map {
      Newcomers.Rating(
        user: String(decoding: users[$0.user], as: UTF8.self),
        item: String(decoding: items[$0.item], as: UTF8.self), value: $0.value)
    }
  }

  @Test func `are those of a file of the same ratings, in any order`() throws {
    for ratings in [all, all.reversed()] {
      let held = try RatingsPartition.inMemory(ratings, holdout: 0.1, workers: 2)
      #expect(held.digest == stored.digest)
      #expect(held.ratingCount == stored.ratingCount)
    }
  }

  @Test func `give the model that files give, which is saved as one`() throws {
    let options = TrainingOptions(rank: 6, biasRegularization: 0.1, iterations: 3)
    let wanted = try TrainedModel.train(on: stored, into: folder.file("m"), options: options)
    let held = try TrainedModel.train(
      on: RatingsPartition.inMemory(all, holdout: 0.1), options: options)
    #expect(held.path == nil && wanted.path == folder.file("m"))
    try held.save(to: folder.file("saved"))
    let saved = try TrainedModel(path: folder.file("saved"))
    #expect(saved.iteration == 3)
    for rating in all {
      #expect(held.factors(ofUser: rating.user) == wanted.factors(ofUser: rating.user))
      #expect(saved.factors(ofItem: rating.item) == wanted.factors(ofItem: rating.item))
    }
    let failure = #expect(throws: BlockALSError.self) { try held.save(to: folder.file("saved")) }
    #expect(failure?.kind == .output)
  }

  @Test func `go on in a directory where files have begun`() throws {
    let path = folder.file("m")
    _ = try TrainedModel.train(on: stored, into: path, options: .init(rank: 4, iterations: 2))
    let model = try TrainedModel.train(
      on: RatingsPartition.inMemory(all, holdout: 0.1), into: path,
      options: .init(rank: 4, iterations: 4))
    let wanted = try TrainedModel.train(on: stored, options: .init(rank: 4, iterations: 4))
    for rating in all {
      #expect(model.factors(ofUser: rating.user) == wanted.factors(ofUser: rating.user))
    }
  }

  @Test func `tell a trailing closure of each iteration`() throws {
    let seen = Locked<[Int]>([])
    _ = try TrainedModel.train(on: stored, options: .init(rank: 2, iterations: 3)) { done in
      seen.withLock { $0.append(done.iteration) }
    }
    #expect(seen.withLock { $0 } == [1, 2, 3])
  }

  @Test(arguments: [
    ("", "a", 1), ("a", "b\0", 1), ("a", "b", Float.nan), ("1", "1", Float.infinity),
  ])
  func `refuse what is no rating`(user: String, item: String, value: Float) {
    let ratings = all + [Newcomers.Rating(user: user, item: item, value: value)]
    let failure = #expect(throws: BlockALSError.self) {
      try RatingsPartition.inMemory(ratings)
    }
    #expect(failure?.kind == .data)
  }

  @Test func `refuse a pair that is rated twice`() {
    let failure = #expect(throws: BlockALSError.self) {
      try RatingsPartition.inMemory(all + all.prefix(1))
    }
    #expect(failure?.message.contains("have two ratings") == true)
  }
}
