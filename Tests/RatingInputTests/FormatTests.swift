import BlockMatrix
import RatingInput
import Testing

struct FormatTests {
  private let two = [Rating("ann", "Alien", 5), Rating("zoë", "Dune", 4.5)]

  @Test(arguments: [
    "ann,Alien,5\nzoë,Dune,4.5\n", "ann,Alien,5\nzoë,Dune,4.5", "ann,Alien,5\r\nzoë,Dune,4.5\r\n",
    "\u{FEFF}ann,Alien,5\nzoë,Dune,4.5\n", "\n \nann,Alien,5\n\r\n  \nzoë,Dune,4.5\n\n",
    "ann\tAlien\t5\nzoë\tDune\t4.5\n", "ann::Alien::5\nzoë::Dune::4.5\n",
    "user,item,rating\nann,Alien,5\nzoë,Dune,4.5\n", "ann,Alien,5,881250949\nzoë,Dune,4.5,0\n",
    "userId,movieId,rating,timestamp\nann,Alien,5,1\nzoë,Dune,4.5,2\n",
    "rating,Item_ID,x,USER ID\n5,Alien,,ann\n4.5,Dune,,zoë\n", "a,b,c\nann,Alien,5\nzoë,Dune,4.5\n",
    "\"ann\",\"Alien\",\"5\"\r\n\"zoë\",Dune, 4.5 \r\n",
    "who\twhat\tscore\nann\tAlien\t5\nzoë\tDune\t4.5",
    "ann,Alien,+5.0\nzoë,Dune,45e-1", "ann::Alien::5::1\r\nzoë::Dune::4.5::2\r\n",
  ])
  func `the same ratings are read from each format`(_ text: String) throws {
    #expect(try read(text).ratings == two)
  }

  @Test func `columns are picked by number and by name, in any order`() throws {
    let text = "when,score,film,person\n1,5,Alien,ann\n2,4.5,Dune,zoë\n"
    let names = try RatingSource.columns("person,film,score", withoutRating: false)
    #expect(try read(text, RatingSource(columns: names)).ratings == two)
    let numbers = try RatingSource.columns("4,3,2", withoutRating: false)
    #expect(try read(text, RatingSource(columns: numbers)).ratings == two)
    let mixed = try RatingSource.columns("person,3,2", withoutRating: false)
    #expect(try read(text, RatingSource(columns: mixed)).ratings == two)
  }

  @Test(arguments: [
    ("1,2", "does not name user, item and rating"), ("1,2,3,4,5", "does not name"),
    ("", "does not"),
    ("1,,3", "does not name"), ("0,1,2", "column 0 is not between 1 and 9999"),
    ("1,2,99999999999999999999", "is not between 1 and 9999"), ("1,2,1", "column 1 is named twice"),
    ("a,a,b", "column a is named twice"),
  ])
  func `columns that make no sense are refused`(_ text: String, _ message: String) {
    #expect {
      try RatingSource.columns(text, withoutRating: false)
    } throws: { error in
      guard let failure = error as? Failure else { return false }
      return failure.code == .usage && failure.message.contains(message)
    }
  }

  @Test func `without ratings each line is a one, and two columns are enough`() throws {
    let source = RatingSource(withoutRating: true)
    let ones = [Rating("ann", "Alien", 1), Rating("zoë", "Dune", 1)]
    #expect(try read("ann,Alien\nzoë,Dune\n", source).ratings == ones)
    #expect(try read("ann\tAlien\t5\nzoë\tDune\tx\n", source).ratings == ones)
    #expect(try read("item,user\nAlien,ann\nDune,zoë\n", source).ratings == ones)
  }

  @Test func `several files each have their own format and header`() throws {
    let texts = ["item,user,rating\nAlien,ann,5\n", "zoë::Dune::4.5\n"].map { Array($0.utf8) }
    #expect(try read(texts).ratings == two)
  }

  @Test func `a header is where it is said to be`() throws {
    let text = "x,y,1\nann,Alien,5\n"
    #expect(try read(text, RatingSource(hasHeader: true)).ratings == [two[0]])
    #expect(try read(text).ratings.count == 2)
  }

  @Test func `Matrix Market files are read, with values and without`() throws {
    let real =
      "%%MatrixMarket matrix coordinate real general\n% note\n%\n\n 3 20 2\n1 7 5\n 3\t20  4.5 \n"
    #expect(try read(real).ratings == [Rating("1", "7", 5), Rating("3", "20", 4.5)])
    let ones = [Rating("1", "7", 1), Rating("3", "20", 1)]
    #expect(try read(real, RatingSource(withoutRating: true)).ratings == ones)
    let pattern = "%%matrixmarket MATRIX coordinate Pattern general\r\n3 20 2\r\n1 7\r\n3 20\r\n"
    #expect(try read(pattern).ratings == ones)
  }

  static let ids: [[UInt8]] = [
    Array("9007199254740993".utf8), Array("18446744073709551617".utf8), Array("-5".utf8),
    Array("007".utf8), Array("7".utf8), Array("123e4567-e89b-12d3-a456-426614174000".utf8),
    Array("O'Neil, Ann".utf8), Array("the \"one\"".utf8), Array("\"".utf8),
    Array("two\nlines".utf8),
    Array(" blank ".utf8), Array("zoë".utf8), Array("zoe\u{308}".utf8), [0xFF, 0xC3, 0x28],
    Array("a\tb".utf8), Array("a::b".utf8), Array("12345678".utf8), Array("123456789".utf8),
    Array("#x".utf8), Array("%x".utf8), Array("=1+1".utf8), [UInt8](repeating: 0x61, count: 4096),
    Array("\r".utf8), Array("日本語テキスト".utf8), Array("a\"\"\n\n".utf8),
  ]

  @Test(arguments: [1, 3], [64, 1000, 1 << 20])
  func `any id comes back byte for byte`(_ workers: Int, _ chunk: Int) throws {
    var text: [UInt8] = []
    var expected: [Rating] = []
    for (row, user) in Self.ids.enumerated() {
      for item in Self.ids {
        for id in [user, item] {
          text.append(0x22)
          for byte in id { text.append(contentsOf: byte == 0x22 ? [0x22, 0x22] : [byte]) }
          text.append(contentsOf: [0x22, 0x2C])
        }
        text.append(contentsOf: Array("\(row)\n".utf8))
        expected.append(Rating(user, item, Float(row)))
      }
    }
    let reading = try read([text], workers: workers, chunkByteCount: chunk)
    #expect(reading.ratings == expected)
  }

  @Test func `limits hold on both sides`() throws {
    let id = String(repeating: "u", count: InputLimits.idByteCount)
    #expect(try read("\(id),\(id),1\n").ratings == [Rating(id, id, 1)])
    #expect(failure(of: Array("a,b,1\n\(id)u,b,1\n".utf8))?.place == "a.csv:2:1")
    let quotes = String(repeating: "\"\"", count: InputLimits.idByteCount)
    #expect(try read("\"\(quotes)\",b,1\n").ratings.first?.user.count == InputLimits.idByteCount)
    #expect(failure(of: Array("a,b,1\n\"\(quotes)\"\"\",b,1\n".utf8))?.place == "a.csv:2:2")
    let blanks = String(repeating: " ", count: InputLimits.lineByteCount - 5)
    for lineEnd in ["\n", "\r\n", ""] {
      #expect(try read("a,b,1\na,b,1" + blanks + lineEnd).ratings.count == 2)
      #expect(failure(of: Array(("a,b,1\na,b,1 " + blanks + lineEnd).utf8))?.place == "a.csv:2:1")
    }
  }

  @Test func `lines far longer than a chunk are skipped whole`() throws {
    let long = [UInt8](repeating: 0x78, count: 5 << 20)
    let text = Array("a,b,1\n".utf8) + long + Array("\nc,d,2\n".utf8)
    let reading = try read([text], badLineLimit: 1, chunkByteCount: 1 << 12)
    #expect(reading.ratings == [Rating("a", "b", 1), Rating("c", "d", 2)])
    #expect(reading.badLines.map(\.reason) == [.longLine])
    #expect(reading.badLines.map(\.line) == [2])
  }
}
