import BlockMatrix
import BlockPartition
import BlockStore
import RatingInput
import TestSupport
import Testing

struct TextRatingsTests {
  @Test func `ratings stay in the order of the text, ids in that of their first occurrence`() throws
  {
    let fixture = try Fixture()
    let lines = Fixture.lines(9000, users: 70, items: 60, repeats: true, seed: 31)
    let paths = [
      try fixture.write(Array(lines[..<4000]), to: "a.csv"),
      try fixture.write(Array(lines[4000...]), to: "b.csv"),
    ]
    for workers in [1, 2, 5] {
      let text = try TextRatings(
        InputFiles.inputs(paths, in: PosixFileSystem()), source: RatingSource(), workers: workers)
      let ratings = text.ratings
      #expect(ratings.count == lines.count)
      let found = (0..<ratings.count).map { rating in
        Line(
          user: String(decoding: text.ids.user[Int(ratings.users[rating])], as: UTF8.self),
          item: String(decoding: text.ids.item[Int(ratings.items[rating])], as: UTF8.self),
          value: ratings.values[rating])
      }
      #expect(found == lines)
      #expect(ratings.users[0] == 0 && ratings.items[0] == 0)
      #expect(text.ids.user.counts.reduce(0, +) == 9000)
    }
  }

  @Test func `what cannot be read is refused as in a partition`() throws {
    let fixture = try Fixture()
    let path = try fixture.directory.write("a,b,1\na,b\n", to: "a.csv")
    let found = failure { () throws(Failure) in
      _ = try TextRatings(
        InputFiles.inputs([path], in: PosixFileSystem()), source: RatingSource(), workers: 2)
    }
    #expect(found?.place == "\(path):2:4")
  }
}
