import BlockMatrix
import RatingInput
import Testing

/// Texts whose first lines hold no rating, where such lines may be skipped.
@Suite struct `A bad beginning` {
  struct Beginning: Sendable, CustomStringConvertible {
    let description: String
    let text: String
    var source = RatingSource()
    /// Line, column and reason of each line that is skipped.
    let skipped: [(line: Int, column: Int, reason: BadLineReason)]
  }

  private static let short = BadLineReason.fieldCount(found: 1, expected: 3)

  static let beginnings = [
    Beginning(
      description: "a title", text: "My ratings\nann,Alien,5\nzoë,Dune,4.5\n",
      skipped: [(1, 11, short)]),
    Beginning(
      description: "a title before a header",
      text: "My ratings\n\nitem,user,rating\nAlien,ann,5\nDune,zoë,4.5\n",
      skipped: [(1, 11, short)]),
    Beginning(
      description: "a title of another format",
      text: "My, own, 5\nann\tAlien\t5\nzoë\tDune\t4.5\n",
      skipped: [(1, 11, short)]),
    Beginning(
      description: "two titles, in MovieLens format",
      text: "My ratings\r\nof 1999\r\nann::Alien::5\r\nzoë::Dune::4.5\r\n",
      skipped: [(1, 11, short), (2, 8, short)]),
    Beginning(
      description: "a field too many", text: "ann,Heat,4,x\nann,Alien,5\nzoë,Dune,4.5\n",
      skipped: [(1, 12, .fieldCount(found: 4, expected: 3))]),
    Beginning(
      description: "a zero byte", text: "a\0b,c,1\nann,Alien,5\nzoë,Dune,4.5\n",
      skipped: [(1, 2, .zeroByte)]),
    Beginning(
      description: "a quote that is never closed",
      text: "\"ann,Heat,4\nann,Alien,5\nzoë,Dune,4.5\n",
      skipped: [(1, 1, .unclosedQuote)]),
    Beginning(
      description: "a line without the chosen column",
      text: "ann,Heat\nAlien,5,ann\nDune,4.5,zoë\n",
      source: RatingSource(columns: [.number(3), .number(1), .number(2)]),
      skipped: [(1, 9, .fieldCount(found: 2, expected: 3))]),
    Beginning(
      description: "a line before the header that names the chosen columns",
      text: "exported\nwho,when,what,stars\nann,1,Alien,5\nzoë,2,Dune,4.5\n",
      source: RatingSource(
        columns: ["who", "what", "stars"].map { .name(Array($0.utf8)) }),
      skipped: [(1, 9, .fieldCount(found: 1, expected: 4))]),
    Beginning(
      description: "a byte order mark, and a title",
      text: "\u{FEFF}My ratings\nann,Alien,5\nzoë,Dune,4.5\n", skipped: [(1, 11, short)]),
  ]

  private let ratings = [Rating("ann", "Alien", 5), Rating("zoë", "Dune", 4.5)]

  @Test(arguments: beginnings)
  func `is skipped and listed, where so many lines may be`(_ beginning: Beginning) throws {
    let text = Array(beginning.text.utf8)
    let skipped = beginning.skipped
    for (texts, added) in [([text], []), ([text, text], ratings)] {
      let reading = try read(
        texts, beginning.source, badLineLimit: skipped.count * texts.count, chunkByteCount: 8)
      #expect(reading.ratings == ratings + added)
      #expect(reading.badLines.count == skipped.count * texts.count)
      for (index, bad) in reading.badLines.enumerated() {
        let expected = skipped[index % skipped.count]
        #expect(bad.file == index / skipped.count)
        #expect((bad.line, bad.column) == (expected.line, expected.column))
        #expect(bad.reason == expected.reason)
        let lines = text[..<bad.byte].count { $0 == 0x0A }
        #expect(lines == bad.line - 1)
      }
    }
    #expect(failure(of: text, beginning.source, badLineLimit: skipped.count - 1) != nil)
  }

  @Test func `that hides what the columns are is refused, and says so`() {
    let later =
      "nor does one of the lines after it tell the columns, so that --max-bad can skip none"
    let none = failure(of: Array("a\nb\nc\n".utf8), badLineLimit: 5)
    #expect(none?.place == "a.csv:1:1" && none?.message.hasSuffix(later) == true)
    let far = failure(
      of: Array((String(repeating: "x\n", count: 150) + "a,b,1\n").utf8), badLineLimit: 1000)
    #expect(far?.message.hasSuffix(later) == true)
    // A header that cannot be understood may not be taken for a bad line: what follows would be
    // read in the wrong columns.
    let header = failure(
      of: Array("when,user,what,stars\n7,8,9,10\n".utf8), badLineLimit: 5)
    #expect(header?.message.hasPrefix("the header ") == true)
    let rating = failure(
      of: Array("1,2,3\nuser,item,rating\n4,5,6\n".utf8),
      RatingSource(columns: ["user", "item", "rating"].map { .name(Array($0.utf8)) }),
      badLineLimit: 5)
    #expect(
      rating
        == Failure(
          .data, at: "a.csv:1", "there is a rating before the header in line 2",
          hint: "move the header to the first line"))
    let matrix = failure(
      of: Array("1 1 5\n".utf8), RatingSource(format: .matrixmarket), badLineLimit: 5)
    #expect(matrix?.hint.hasSuffix("; --max-bad skips no line before the entries") == true)
  }

  @Test func `does not outvote a header, nor an even number of lines`() throws {
    // The header says what a line is like, also where most have a field more.
    let more = "user,item,rating\na,b,1,\nc,d,2,\ne,f,3,\n"
    #expect(
      failure(of: Array(more.utf8), badLineLimit: 2)?.message
        == "the line has 4 fields, not 3 (byte 37)")
    let even = try read("a,b,1\nc,d,2,9\n", badLineLimit: 1)
    #expect(even.ratings == [Rating("a", "b", 1)])
    #expect(even.badLines.map(\.line) == [2])
  }
}
