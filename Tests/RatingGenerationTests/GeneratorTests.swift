import BlockMatrix
import RatingGeneration
import RatingInput
import Testing

struct GeneratorTests {
  private func text(_ generator: RatingGenerator, batch: Int) -> [UInt8] {
    generator.batches(ofRatings: batch).reduce(into: RatingGenerator.header) {
      $0 += generator.text(ofUsers: $1)
    }
  }

  @Test(arguments: [
    (100, 50, 1000), (10, 5, 50), (1, 7, 7), (40, 1, 30), (7, 9, 1), (50, 400, 9000),
  ])
  func `as many different pairs are made as were asked for`(
    _ users: Int, _ items: Int, _ ratings: Int
  ) throws {
    let generator = try RatingGenerator(
      userCount: users, itemCount: items, ratingCount: ratings, rank: 3, seed: 5)
    let lines = String(decoding: text(generator, batch: 100), as: UTF8.self).split(separator: "\n")
    #expect(lines[0] == "userId,movieId,rating" && lines.count == 1 + ratings)
    let made = lines.dropFirst().map { $0.split(separator: ",") }
    #expect(Set(made.map { $0.prefix(2) }).count == ratings)
    for fields in made {
      try #require(fields.count == 3)
      let halfStars = 2 * (Double(fields[2]) ?? 0)
      #expect(
        (1...users).contains(Int(fields[0]) ?? 0) && (1...items).contains(Int(fields[1]) ?? 0))
      #expect((1...10).contains(halfStars) && halfStars.rounded() == halfStars)
    }
  }

  @Test func `the bytes of a seed are known`() throws {
    let generator = try RatingGenerator(
      userCount: 300, itemCount: 200, ratingCount: 6000, rank: 20, seed: 42)
    let bytes = text(generator, batch: 1000)
    #expect(bytes == text(generator, batch: 77))
    #expect(StableHash.hash(bytes) == 13_628_578_942_028_465_587)
    let other = try RatingGenerator(
      userCount: 300, itemCount: 200, ratingCount: 6000, rank: 20, seed: 43)
    #expect(bytes != text(other, batch: 1000))
  }

  @Test func `what cannot be made is refused`() {
    #expect(throws: Failure.self) {
      try RatingGenerator(userCount: 3, itemCount: 3, ratingCount: 10)
    }
    #expect(throws: Failure.self) {
      try RatingGenerator(userCount: 0, itemCount: 3, ratingCount: 1)
    }
    #expect(throws: Failure.self) {
      try RatingGenerator(userCount: 3, itemCount: 3, ratingCount: 1, rank: 0)
    }
  }
}
