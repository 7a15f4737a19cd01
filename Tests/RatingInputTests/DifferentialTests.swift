import BlockMatrix
import RatingInput
import Testing

struct DifferentialTests {
  /// Pieces of which texts are put together.
  private static let pieces = [
    "a", "b", "u1", "\"", "\"\"", ",", "\n", "\r\n", " ", "1", "2", "long id number 1", "\"x,y\"",
    "a,b,1\n", "\"q\"\"q\",b,2\n", "\r", "\0", "\"l\nm\"", "a,\"b\",3\r\n", "\"u\nx\",i,1\n",
    "a\"b,c,3\n", "a,\"b,3\n", "\"a\"b,c,3\n",
  ]

  private static func text(_ generator: inout Generator, most: Int) -> [UInt8] {
    (0..<Int.random(in: 0...most, using: &generator)).flatMap { _ in
      Array((pieces.randomElement(using: &generator) ?? "").utf8)
    }
  }

  private let header = Array("user,item,rating\n".utf8)
  private let source = RatingSource(format: .csv, hasHeader: true)

  @Test func `on made-up texts the parser agrees with a slow reference`() throws {
    var generator = Generator(state: 7)
    var (ratings, badLines) = (0, 0)
    for _ in 0..<30_000 {
      let text = header + Self.text(&generator, most: 8)
      let longest = [17, 23, 40, 1 << 20].randomElement(using: &generator) ?? 17
      let expected = ReferenceReader.read(text, longest: longest)
      let found = try read([text], source, badLineLimit: .max, longestRecord: longest)
      #expect(found == expected, "\(printable(text, limit: .max)) \(longest)")
      ratings += expected.ratings.count
      badLines += expected.badLines.count
    }
    #expect(ratings > 10_000 && badLines > 10_000)
  }

  @Test func `what is a record, and what is a bad one, depends on no chunk and no worker`() throws {
    var generator = Generator(state: 8)
    for _ in 0..<400 {
      let text = header + Self.text(&generator, most: 14)
      let longest = [17, 23, 40, 1 << 20].randomElement(using: &generator) ?? 17
      let expected = ReferenceReader.read(text, longest: longest)
      for chunk in 1...text.count {
        let found = try read(
          [text], source, workers: 1 + chunk % 2, badLineLimit: .max, chunkByteCount: chunk,
          longestRecord: longest)
        #expect(found == expected, "\(printable(text, limit: .max)) \(longest), \(chunk)")
      }
    }
  }

  @Test func `what the beginning tells, or that it tells nothing, depends on no chunk`() {
    var generator = Generator(state: 9)
    var (read, refused) = (0, 0)
    for _ in 0..<1000 {
      let text = Self.text(&generator, most: 10)
      let limit = Int.random(in: 0...3, using: &generator)
      let longest = [17, 1 << 20].randomElement(using: &generator) ?? 17
      func result(_ chunk: Int) -> Result<Reading, Failure> {
        Result { () throws(Failure) in
          try RatingInputTests.read(
            [text], badLineLimit: limit, chunkByteCount: chunk, longestRecord: longest)
        }
      }
      let expected = result(1 << 20)
      if case .success = expected { read += 1 } else { refused += 1 }
      for chunk in 1...max(1, text.count) where chunk < 20 || chunk % 7 == 0 {
        #expect(result(chunk) == expected, "\(printable(text, limit: .max)) \(longest), \(chunk)")
      }
    }
    #expect(read > 100 && refused > 100)
  }

  @Test func `a stray quote spoils its line, and no record beside it`() throws {
    var lines = (0..<300).map { "\"u\($0)\nx\",i\($0),1\n" }
    lines[150] = "a\"b,c,3\n"
    let text = Array(lines.joined().utf8)
    let stray = lines[..<150].joined().utf8.count + 1
    for chunk in [1, 2, 3, 10, 14, 15, 16, 17, 100, 1000, 4096, 1 << 20] {
      for workers in [1, 2, 8] {
        let found = try read(
          [text], workers: workers, badLineLimit: 1000, chunkByteCount: chunk)
        #expect(found.ratings.count == 299)
        #expect(
          found.badLines == [
            BadLine(file: 0, line: 301, column: 2, byte: stray, reason: .quoteInField)
          ])
      }
    }
  }

  @Test func `cut anywhere, a text gives its first ratings or an error, never others`() throws {
    let text = Array(
      "user,item,rating\r\n\"o'n, \"\"a\"\"\",i1,4.5\r\nbob,\"two\nlines\",3\nzoë,i3,2e0\n".utf8)
    let all = try read([text]).ratings
    #expect(all.count == 3)
    for length in 0..<text.count {
      guard let part = try? read([Array(text[..<length])]).ratings else { continue }
      for (index, rating) in part.enumerated() {
        // The last rating may have lost digits; its ids stand before it.
        #expect(rating.user == all[index].user && rating.item == all[index].item)
        if index + 1 < part.count { #expect(rating == all[index]) }
      }
    }
  }

  @Test func `workers and chunks change nothing`() throws {
    var text = ""
    for row in 0..<5000 {
      text += "\"u \"\"\(row % 97)\"\"\",item number \(row % 31),\(row % 11)\n"
    }
    let expected = try read(text).ratings
    for workers in [1, 2, 3, 8] {
      for chunk in [1, 100, 4097, 1 << 16] {
        #expect(
          try read([Array(text.utf8)], workers: workers, chunkByteCount: chunk).ratings == expected)
      }
    }
  }
}

/// SplitMix64, so that a failure happens again.
struct Generator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 1
    return SplitMix64.mix(state)
  }
}
