import BlockMatrix
import RatingInput
import Testing

/// A text that cannot be read, and exactly what is said about it.
struct BadText: Sendable, CustomStringConvertible {
  let name: String
  let text: [UInt8]
  var source = RatingSource()
  let place: String
  let message: String
  let hint: String
  var code = Failure.Code.data

  init(
    _ name: String, _ text: String, _ source: RatingSource = RatingSource(), at place: String,
    _ message: String, hint: String, code: Failure.Code = .data
  ) {
    self.init(
      name, bytes: Array(text.utf8), source, at: place, message, hint: hint, code: code)
  }

  init(
    _ name: String, bytes: [UInt8], _ source: RatingSource = RatingSource(), at place: String,
    _ message: String, hint: String, code: Failure.Code = .data
  ) {
    self.name = name
    text = bytes
    self.source = source
    self.place = place
    self.message = message
    self.hint = hint
    self.code = code
  }

  var description: String { name }
}

private let number =
  "a number is digits with an optional sign, decimal point and exponent, like 3.5 or 1e-2"
private let fill = "fill it in, or skip such lines with --max-bad"
private let lineEnds = "end lines with LF or CRLF, for example through: tr '\\r' '\\n'"
private let tsv = RatingSource(format: .tsv)
private let movielens = RatingSource(format: .movielens)
private let matrix = RatingSource(format: .matrixmarket)
private let banner = "%%MatrixMarket matrix coordinate real general\n"
private let sizeLine = "after the comments, a Matrix Market file has a line like: 943 1682 100000"

struct BadInputTests {
  static let fields: [BadText] = [
    BadText(
      "too few fields", "a,b,1\na,c\n", at: "a.csv:2:4", "the line has 2 fields, not 3 (byte 9)",
      hint: "every line must have as many fields as the first, 3 here"),
    BadText(
      "too many fields", "a,b,1\na,c,2,9\n", at: "a.csv:2:7",
      "the line has 4 fields, not 3 (byte 12)",
      hint: "every line must have as many fields as the first, 3 here"),
    BadText(
      "one field, a line further down", "a,b,1\na\n", at: "a.csv:2:2",
      "the line has 1 field, not 3 (byte 7)",
      hint: "every line must have as many fields as the first, 3 here"),
    BadText(
      "no rating column", "a,b\n", at: "a.csv:1:1",
      "the line has 2 fields between commas, but user, item and rating are needed",
      hint: "give --no-rating where each line counts as a rating of 1"),
    BadText(
      "the wrong separator", "a;b;1\n", tsv, at: "a.csv:1:1",
      "the line's fields stand between semicolons",
      hint: "leave --format and --delimiter out, and that is found out"),
    BadText(
      "commas where tabs should be", "a,b,1\n", tsv, at: "a.csv:1:1",
      "the line has 1 field between tabs, but user, item and rating are needed",
      hint: "say with --format or --delimiter how fields are separated"),
    BadText(
      "single colons", "a:b:1\n", movielens, at: "a.csv:1:1",
      "the line has 1 field between \"::\", but user, item and rating are needed",
      hint: "say with --format or --delimiter how fields are separated"),
    BadText(
      "no item", "a\n", RatingSource(withoutRating: true), at: "a.csv:1:1",
      "the line has 1 field between commas, but user and item are needed",
      hint: "say with --format or --delimiter how fields are separated"),
    BadText(
      "an empty user", "a,b,1\n,b,1\n", at: "a.csv:2:1", "the user id is empty (byte 6)",
      hint: fill),
    BadText(
      "an empty item", "a,b,1\na,,1\n", at: "a.csv:2:3", "the item id is empty (byte 8)",
      hint: fill),
    BadText(
      "an empty quoted user", "a,b,1\n\"\",b,1\n", at: "a.csv:2:2",
      "the user id is empty (byte 7)", hint: fill),
    BadText(
      "an empty rating", "a,b,1\na,c,\n", at: "a.csv:2:5", "the rating is empty (byte 10)",
      hint: fill),
    BadText(
      "a blank rating", "a,b,1\na,c,  \n", at: "a.csv:2:5", "the rating is empty (byte 10)",
      hint: fill),
    BadText(
      "an empty last field between tabs", "a\tb\t1\na\tb\t\n", at: "a.csv:2:5",
      "the rating is empty (byte 10)", hint: fill),
    BadText(
      "an id of 4097 bytes", "a,b,1\n" + String(repeating: "u", count: 4097) + ",b,1\n",
      at: "a.csv:2:1", "the user id has 4097 bytes; 4096 are allowed (byte 6)",
      hint: "choose the id's column with --columns"),
    BadText(
      "a line of more than 1 MiB", "a,b,1\na,b,1" + String(repeating: " ", count: 1 << 20) + "\n",
      at: "a.csv:2:1", "the line is longer than 1048576 bytes (byte 6)",
      hint: "check that the file has line ends and its quotes are closed"),
    BadText(
      "no line end in the first MiB", String(repeating: "x", count: (1 << 20) + 9), at: "a.csv:1:1",
      "the line is longer than 1048576 bytes (byte 0)",
      hint: "check that the file has line ends and its quotes are closed"),
  ]

  static let numbers: [BadText] =
    [
      "four", "1.", ".5", "1..5", "1 2", "--1", "+", "1e", "1e+", "0x10", "NaN", "nan", "inf",
      "-Infinity", "1_000", "१", "1f", "5*",
    ]
    .map { text in
      BadText(
        "the rating \(text)", "a,b,1\na,c,\(text)\n", at: "a.csv:2:5",
        "rating \"\(printable(text.utf8))\" is not a number (byte 10)", hint: number)
    } + [
      BadText(
        "a decimal comma", "a\tb\t1\na\tc\t4,5\n", at: "a.csv:2:5",
        "rating \"4,5\" is not a number (byte 10)", hint: "write decimals with a point"),
      BadText(
        "a rating beyond all floats", "a,b,1\na,c,3.5e38\n", at: "a.csv:2:5",
        "rating \"3.5e38\" is too large for a 32-bit number (byte 10)",
        hint: "scale the ratings down"),
      BadText(
        "a rating in the first line", "a,b,1e99\n", at: "a.csv:1:5",
        "rating \"1e99\" is too large for a 32-bit number (byte 4)",
        hint: "scale the ratings down"),
      BadText(
        "NaN in the first line", "a,b,NaN\n", at: "a.csv:1:5",
        "rating \"NaN\" is not a number (byte 4)", hint: number),
    ]

  static let bytes: [BadText] = [
    BadText("an empty file", "", at: "a.csv", "the file is empty", hint: "it should hold ratings"),
    BadText(
      "blank lines alone", "\n  \r\n\n", at: "a.csv", "the file holds only blank lines",
      hint: "it should hold ratings"),
    BadText(
      "a byte order mark alone", bytes: [0xEF, 0xBB, 0xBF], at: "a.csv",
      "the file holds only blank lines", hint: "it should hold ratings"),
    BadText(
      "UTF-16, little-endian", bytes: [0xFF, 0xFE, 0x61, 0], at: "a.csv:1:1", "the text is UTF-16",
      hint: "convert it to UTF-8, for example with: iconv -f UTF-16 -t UTF-8"),
    BadText(
      "UTF-16, big-endian", bytes: [0xFE, 0xFF, 0, 0x61], at: "a.csv:1:1", "the text is UTF-16",
      hint: "convert it to UTF-8, for example with: iconv -f UTF-16 -t UTF-8"),
    BadText(
      "UTF-16 without a mark", bytes: [0x61, 0, 0x2C, 0], at: "a.csv:1:2",
      "a zero byte in text (byte 1)",
      hint: "the file is binary or UTF-16; convert it to UTF-8"),
    BadText(
      "a zero byte in an id", "a,b,1\na\0,b,1\n", at: "a.csv:2:2", "a zero byte in text (byte 7)",
      hint: "the file is binary or UTF-16; convert it to UTF-8"),
    BadText(
      "a zero byte in quotes", "a,b,1\n\"a\0\",b,1\n", at: "a.csv:2:3",
      "a zero byte in text (byte 8)", hint: "the file is binary or UTF-16; convert it to UTF-8"),
    BadText(
      "carriage returns as line ends", "a,b,1\ra,c,2\r", at: "a.csv:1:6",
      "a carriage return inside a line (byte 5)", hint: lineEnds),
    BadText(
      "a carriage return in an id", "a,b,1\na\rb,c,1\n", at: "a.csv:2:2",
      "a carriage return inside a line (byte 7)", hint: lineEnds),
    BadText(
      "two carriage returns", "a,b,1\na,b,1\r\r\n", at: "a.csv:2:6",
      "a carriage return inside a line (byte 11)", hint: lineEnds),
    BadText(
      "a quote inside a field", "a,b,1\n5\" disc,b,1\n", at: "a.csv:2:2",
      "a quote inside a field that does not begin with one (byte 7)",
      hint: "quote the whole field and double the quotes in it, or use --format tsv"),
    BadText(
      "text after a closing quote", "a,b,1\n\"a\"b,c,1\n", at: "a.csv:2:4",
      "text after a closing quote (byte 9)", hint: "double the quotes inside a quoted field"),
    BadText(
      "a quote that is never closed", "a,b,1\na,\"b,1\na,c,2\n", at: "a.csv:2:3",
      "a quote is opened here and never closed (byte 8)",
      hint: "close it, or double it where it belongs to the text"),
    BadText(
      "a problem below a quoted line end", "a,b,1\n\"a\nb\",\"c\nd\",x\n", at: "a.csv:4:4",
      "rating \"x\" is not a number (byte 18)", hint: number),
  ]

  static let headers: [BadText] = [
    BadText(
      "a column that the header lacks", "user,item,rating\na,b,1\n",
      RatingSource(columns: [.name(Array("user".utf8)), .name(Array("film".utf8)), .number(3)]),
      at: "a.csv:1:1", "no column is named \"film\"; the header is \"user,item,rating\"",
      hint: "check --columns; columns can also be given by number, from 1"),
    BadText(
      "a column that is there twice", "user,item,item,rating\na,b,c,1\n",
      RatingSource(columns: [.number(1), .name(Array("item".utf8)), .number(4)]),
      at: "a.csv:1:1", "2 columns are named \"item\"",
      hint: "check --columns; columns can also be given by number, from 1"),
    BadText(
      "a column beyond the last", "a,b,1\n",
      RatingSource(columns: [.number(1), .number(2), .number(4)]), at: "a.csv:1:1",
      "there is no column 4: the line has 3 fields", hint: "check --columns and --format"),
    BadText(
      "a column by name and number", "user,item,rating\na,b,1\n",
      RatingSource(columns: [.name(Array("user".utf8)), .number(1), .number(3)]),
      at: "a.csv:1:1", "the columns lead to one column twice", hint: ""),
    BadText(
      "a header in another order", "item,who,score\nb,a,1\n", at: "a.csv:1:1",
      "the header \"item,who,score\" does not tell which columns are user, item and rating",
      hint: "choose them with --columns, by name or by number from 1"),
    BadText(
      "a rating that the header hides", "user,item,when,rating,score\na,b,1,2,3\n",
      at: "a.csv:1:1",
      "the header \"user,item,when,rating,score\" does not tell which columns are user, item and "
        + "rating", hint: "choose them with --columns, by name or by number from 1"),
    BadText(
      "names without a header", "a,b,1\n",
      RatingSource(
        columns: [.name([0x61]), .name([0x62]), .name([0x63])], hasHeader: false),
      at: "columns", "columns can be named only where the first line is a header",
      hint: "give their numbers, from 1", code: .usage),
    BadText(
      "a stray quote in the header", "us\"er,item,rating\na,b,1\n", at: "a.csv:1:3",
      "a quote inside a field that does not begin with one (byte 2)",
      hint: "quote the whole field and double the quotes in it, or use --format tsv"),
    BadText(
      "text after a quote in the header", "\"user\"id,item,rating\na,b,1\n", at: "a.csv:1:7",
      "text after a closing quote (byte 6)", hint: "double the quotes inside a quoted field"),
    BadText(
      "a header that is said to be a rating", "user,item,rating\na,b,1\n",
      RatingSource(hasHeader: false), at: "a.csv:1:11",
      "rating \"rating\" is not a number (byte 10)", hint: number),
  ]

  static let matrices: [BadText] = [
    BadText(
      "no banner", "1 1 1\n", matrix, at: "a.csv:1:1", "\"1 1 1\" is no Matrix Market banner",
      hint: "it reads: %%MatrixMarket matrix coordinate real general"),
    BadText(
      "a dense matrix", "%%MatrixMarket matrix array real general\n1 1\n1\n", at: "a.csv:1:1",
      "a Matrix Market file that is array real general holds no ratings",
      hint: "coordinate real, integer or pattern, and general, can be read"),
    BadText(
      "a symmetric matrix", "%%MatrixMarket matrix coordinate real symmetric\n1 1 0\n",
      at: "a.csv:1:1", "a Matrix Market file that is coordinate real symmetric holds no ratings",
      hint: "coordinate real, integer or pattern, and general, can be read"),
    BadText(
      "no size line", banner + "% a comment\n", at: "a.csv",
      "the Matrix Market file has no size line",
      hint: "after the comments comes a line like: 943 1682 100000"),
    BadText(
      "a wrong size line", banner + "% a comment\n2 x 1\n1 1 1\n", at: "a.csv:3:1",
      "\"2 x 1\" is not the number of rows, columns and entries", hint: sizeLine),
    BadText(
      "fewer entries than promised", banner + "2 2 3\n1 1 1\n2 2 2\n", at: "a.csv",
      "the size line says 3 entries, but there are 2",
      hint: "the file was cut, or entries were added by hand"),
    BadText(
      "more entries than promised", banner + "2 2 1\n1 1 1\n2 2 2\n", at: "a.csv",
      "the size line says 1 entries, but there are 2",
      hint: "the file was cut, or entries were added by hand"),
    BadText(
      "row 0", banner + "2 2 1\n0 1 1\n", at: "a.csv:3:1",
      "row \"0\" is not a number from 1 to 2 (byte 52)", hint: "check the size line of the file"),
    BadText(
      "a column beyond the last", banner + "2 2 1\n1 3 1\n", at: "a.csv:3:3",
      "column \"3\" is not a number from 1 to 2 (byte 54)",
      hint: "check the size line of the file"),
    BadText(
      "an entry without value", banner + "2 2 1\n1 2\n", at: "a.csv:3:4",
      "the line has 2 fields, not 3 (byte 55)",
      hint: "every line must have as many fields as the first, 3 here"),
    BadText(
      "columns of a matrix", banner + "2 2 1\n1 2 3\n",
      RatingSource(columns: [.number(1), .number(2), .number(3)]), at: "a.csv",
      "a Matrix Market file has its columns and header by its format",
      hint: "leave --columns and --header out", code: .usage),
  ]

  static let all = fields + numbers + bytes + headers + matrices

  @Test(arguments: all)
  func `bad text is refused with its place, reason and advice`(_ bad: BadText) {
    let failure = failure(of: bad.text, bad.source)
    #expect(failure?.code == bad.code)
    #expect(
      failure?.description
        == Failure(bad.code, at: bad.place, bad.message, hint: bad.hint).description)
  }

  @Test func `there are more than forty-five classes`() { #expect(Self.all.count > 45) }

  @Test(arguments: all.filter { $0.place.split(separator: ":").count == 3 })
  func `a bad line that may be skipped is skipped, and the rest is read`(_ bad: BadText) throws {
    guard bad.message.contains("(byte"), bad.text.starts(with: Array("a,b,1\n".utf8)) else {
      return
    }
    let reading = try read(
      [bad.text + Array("\nlast,one,2\n".utf8)], bad.source, badLineLimit: 1)
    #expect(reading.ratings.first == Rating("a", "b", 1))
    #expect(reading.ratings.last == Rating("last", "one", 2))
    #expect(reading.badLines.count == 1)
    #expect(reading.badLines.first?.failure(in: "a.csv").place == bad.place)
  }

  @Test func `the bad line after the last that may be skipped is the error`() throws {
    let text = "a,b,1\nx\na,c,2\n\ny\nz\na,d,3\n"
    #expect(try read(text, badLineLimit: 3).badLines.map(\.line) == [2, 5, 6])
    #expect(failure(of: Array(text.utf8), badLineLimit: 2)?.place == "a.csv:6:2")
    #expect(failure(of: Array(text.utf8), badLineLimit: 1)?.place == "a.csv:5:2")
  }

  @Test func `among several workers, the first bad line is the error`() throws {
    var text = "u,i,1\n"
    for row in 0..<20_000 { text += "u\(row),i\(row % 7),\(row % 100 == 99 ? "x" : "3")\n" }
    for workers in [1, 2, 3, 8] {
      do throws(Failure) {
        _ = try read(
          [Array(text.utf8)], workers: workers, badLineLimit: 150, chunkByteCount: 4096)
        Issue.record("nothing was refused")
      } catch {
        // Bad lines are 101, 201, …; the 151st is in line 15,101.
        #expect(error.place == "a.csv:15101:11")
      }
    }
  }
}
