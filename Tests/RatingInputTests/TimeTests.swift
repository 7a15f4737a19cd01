import BlockMatrix
import RatingInput
import Testing
import Workers

/// What a text says of times.
private func times(
  _ text: String, _ format: TimeFormat = .seconds, since: Int64? = nil, until: Int64? = nil,
  withoutRating: Bool = false, columns: String? = nil
) throws -> [Int64] {
  var source = RatingSource(withoutRating: withoutRating)
  source.times = TimeReading(format: format, since: since, until: until)
  if let columns {
    source.columns = try RatingSource.columns(columns, withoutRating: withoutRating)
  }
  let found = Locked<[Int64]>([])
  let input = RatingInput(name: "a.csv") { MemorySource(Array(text.utf8), name: "a.csv") }
  _ = try RatingReader([input], source: source, workers: 1).read { chunk in
    let times = chunk.times
    #expect(times.count == chunk.rows.count)
    found.withLock { $0 += times }
  }
  return found.withLock { $0 }
}

struct TimeTests {
  @Test(arguments: [
    ("0", TimeFormat.seconds, 0), ("881250949", .seconds, 881_250_949_000), ("-1", .seconds, -1000),
    ("1.25", .seconds, 1250), ("1.2509", .seconds, 1250), ("-1.2509", .seconds, -1251),
    (" 5 ", .seconds, 5000), ("+5", .seconds, 5000),
    ("1700000000123", .milliseconds, 1_700_000_000_123),
    ("1970-01-01", .iso8601, 0), ("1969-12-31", .iso8601, -86_400_000),
    ("2024-02-29", .iso8601, 1_709_164_800_000), ("2000-02-29T12:00", .iso8601, 951_825_600_000),
    ("2024-06-01T18:30:05.25Z", .iso8601, 1_717_266_605_250),
    ("2024-06-01 18:30:05+02:00", .iso8601, 1_717_259_405_000),
    ("2024-06-01T18:30:05-0230", .iso8601, 1_717_275_605_000),
    ("2016-12-31T23:59:60Z", .iso8601, 1_483_228_800_000),
    ("0001-01-01", .iso8601, -62_135_596_800_000),
    ("9999-12-31T23:59:59.999Z", .iso8601, 253_402_300_799_999),
  ])
  func `times are milliseconds since 1970`(
    _ text: String, _ format: TimeFormat, _ expected: Int64
  ) throws {
    #expect(try times("a,b,1,\(text)\n", format) == [expected])
  }

  @Test func `what is printed of a time is read as the same time`() throws {
    for time in stride(
      from: Int64(-62_135_596_800_000), to: 253_402_300_800_000, by: 98_765_432_109)
    {
      let text = TimeText.iso8601(time)
      #expect(try TimeText.option(text, setting: "since", format: .seconds) == time, "\(text)")
    }
    #expect(TimeText.iso8601(1_717_266_605_250) == "2024-06-01T18:30:05.250Z")
  }

  @Test(arguments: [
    ("", TimeFormat.seconds, "the time is empty", "fill it in, or skip such lines with --max-bad"),
    (
      "x", .seconds, "time \"x\" is no number of seconds",
      "choose the time's column with --columns, its writing with --time-format"
    ),
    (
      "1700000000123", .seconds, "not within the years 1 to 9999", "give --time-format milliseconds"
    ),
    ("99999999999999999999999", .milliseconds, "not within the years", "choose the time's column"),
    ("1.5", .milliseconds, "no number of milliseconds", "choose"),
    ("2024-06-01", .seconds, "no number of seconds", "give --time-format iso8601"),
    ("1700000000", .iso8601, "not ISO 8601", "give --time-format seconds or milliseconds"),
    ("2023-02-29", .iso8601, "not ISO 8601", "a time is written like"),
    ("2024-13-01", .iso8601, "not ISO 8601", "a time"), ("2024-6-1", .iso8601, "not", "a time"),
    ("2024-06-01T24:00", .iso8601, "not ISO 8601", "a time"),
    ("2024-06-01T10", .iso8601, "not ISO 8601", "a time"),
    ("2024-06-01T10:00x", .iso8601, "not ISO 8601", "a time"),
    ("1.", .seconds, "no number", "choose"),
  ])
  func `what is no time is named with its place`(
    _ text: String, _ format: TimeFormat, _ message: String, _ hint: String
  ) throws {
    var source = RatingSource()
    source.times = TimeReading(format: format)
    let found = failure(of: Array("a,b,1,7\na,c,2,\(text)\n".utf8), source)
    let first = failure(of: Array("a,c,2,\(text)\n".utf8), source)
    let bad = format == .iso8601 ? first : found
    #expect(bad?.place == (format == .iso8601 ? "a.csv:1:7" : "a.csv:2:7"))
    #expect(bad?.message.contains(message) == true, "\(String(describing: bad))")
    #expect(bad?.hint.hasPrefix(hint) == true, "\(String(describing: bad))")
  }

  @Test func `the column of times is found by name, by place, or as it is chosen`() throws {
    #expect(try times("a,b,1,5\n") == [5000])
    #expect(try times("a\tb\t1\t5\n") == [5000])
    #expect(try times("a::b::1::5\n") == [5000])
    #expect(try times("user,ts,item,rating\na,5,b,1\n") == [5000])
    #expect(try times("a,b,c,d\na,b,1,5\n") == [5000])
    #expect(try times("a,b,5\n", withoutRating: true) == [5000])
    #expect(try times("a,b,1,5\n", withoutRating: true) == [5000])
    #expect(try times("at,film,who,n\n5,b,a,1\n", columns: "who,film,n,at") == [5000])
    #expect(try times("5,b,a\n", withoutRating: true, columns: "3,2,1") == [5000])
  }

  @Test func `where no column can be the time, that is said`() throws {
    func failure(_ text: String, columns: String? = nil) -> Failure? {
      do {
        _ = try times(text, columns: columns)
        return nil
      } catch {
        return error as? Failure
      }
    }
    #expect(
      failure("a,b,1\n")?.message
        == "the line has 3 fields between commas, but user, item, rating and time are needed")
    #expect(
      failure("user,item,rating,time,date\na,b,1,5,6\n")?.message.contains("the time") == true)
    #expect(failure("a,b,1,5\n", columns: "1,2,3")?.code == .usage)
    let matrix = "%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 1\n"
    #expect(failure(matrix)?.message == "a Matrix Market file has no times")
  }

  @Test func `ratings outside the time that counts leave no trace`() throws {
    let text = "a,b,1,5\nc,d,x,6\ne,f,1,6\na,b,2,9\n"
    var source = RatingSource()
    source.times = TimeReading(since: 6000, until: 9000)
    // A line that is wrong is wrong whenever it is from.
    #expect(failure(of: Array(text.utf8), source)?.place == "a.csv:2:5")
    #expect(
      try read(text, source, badLineLimit: 1).ratings == [Rating("e", "f", 1)])
  }

  @Test func `a fourth column of times is passed over where none is read`() throws {
    let columns = try RatingSource.columns("1,2,3,4", withoutRating: false)
    #expect(
      try read("a,b,1,x\n", RatingSource(columns: columns)).ratings == [Rating("a", "b", 1)])
  }
}
