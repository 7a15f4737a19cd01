import BlockMatrix

/// How the times of ratings are written.
package enum TimeFormat: String, Sendable, CaseIterable {
  /// Seconds since 1970 in UTC; decimals are kept to the millisecond.
  case seconds
  /// Milliseconds since 1970 in UTC.
  case milliseconds
  /// `2024-06-01`, `2024-06-01T18:30`, `2024-06-01 18:30:05.25Z`, `…+02:00`; without a zone, UTC.
  case iso8601
}

/// What is read of the time of each rating.
package struct TimeReading: Sendable, Equatable {
  package var format: TimeFormat
  /// Ratings from before are left out; in milliseconds since 1970, as all times are.
  package var since: Int64?
  /// Ratings from then on are left out.
  package var until: Int64?

  package init(format: TimeFormat = .seconds, since: Int64? = nil, until: Int64? = nil) {
    self.format = format
    self.since = since
    self.until = until
  }

  @inline(__always)
  func holds(_ time: Int64) -> Bool {
    time >= since ?? .min && time < until ?? .max
  }
}

/// Text of a time, read as milliseconds since 1970 in UTC.
package enum TimeText {
  enum Outcome: Equatable {
    case time(Int64)
    case notATime
    /// Not in the years 1 to 9999.
    case outOfRange
  }

  /// The years 1 to 9999: what lies outside was written in another unit.
  static let range: Range<Int64> = -62_135_596_800_000..<253_402_300_800_000

  /// Reads the argument of an option: ISO 8601, or a number in the unit of `format`.
  ///
  /// - Throws: `.usage` where it is neither.
  package static func option(
    _ text: String, setting: String, format: TimeFormat
  ) throws(Failure) -> Int64 {
    let bytes = Array(text.utf8)
    let isNumber = !bytes.dropFirst().contains { $0 == 0x2D || $0 == 0x3A }
    let wanted = !isNumber ? TimeFormat.iso8601 : format == .iso8601 ? .seconds : format
    let outcome = unsafe bytes.withUnsafeBufferPointer { bytes in
      guard let start = bytes.baseAddress else { return Outcome.notATime }
      return unsafe parse(start, 0..<bytes.count, wanted)
    }
    switch outcome {
    case .time(let time): return time
    case .notATime, .outOfRange:
      throw Failure(
        .usage, setting: setting, "\"\(printable(bytes))\" is not a time",
        hint: "write it like 2024-06-01 or 2024-06-01T18:30:00Z, or as \(wanted.unit) since 1970")
    }
  }

  /// A time as people read it: `2024-06-01T18:30:00Z`, with milliseconds where there are any.
  package static func iso8601(_ time: Int64) -> String {
    func padded(_ number: Int64, _ digits: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
    let day = time >= 0 ? time / 86_400_000 : -((86_399_999 - time) / 86_400_000)
    let rest = time - day * 86_400_000
    // By the calendar of 400 years, counted from the first of March of the year 0.
    let shifted = day + 719_468
    let era = shifted >= 0 ? shifted / 146_097 : -((146_096 - shifted) / 146_097)
    let inEra = shifted - era * 146_097
    let yearOfEra = (inEra - inEra / 1460 + inEra / 36_524 - inEra / 146_096) / 365
    let inYear = inEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let fromMarch = (5 * inYear + 2) / 153
    let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let date =
      "\(padded(year, 4))-\(padded(month, 2))-\(padded(inYear - (153 * fromMarch + 2) / 5 + 1, 2))"
    let clock = [rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60]
    let decimals = rest % 1000 == 0 ? "" : ".\(padded(rest % 1000, 3))"
    return "\(date)T\(clock.map { padded($0, 2) }.joined(separator: ":"))\(decimals)Z"
  }

  /// Reads a time, with blanks around it or none.
  static func parse(
    _ bytes: UnsafePointer<UInt8>, _ range: Range<Int>, _ format: TimeFormat
  ) -> Outcome {
    var reader = unsafe TimeReader(bytes, range)
    let time: Int64?
    switch format {
    case .seconds: time = reader.number(decimals: true)
    case .milliseconds: time = reader.number(decimals: false)
    case .iso8601: time = reader.date()
    }
    guard let time, reader.isAtEnd else { return .notATime }
    return Self.range.contains(time) ? .time(time) : .outOfRange
  }
}

extension TimeFormat {
  /// What a number counts.
  var unit: String { self == .milliseconds ? "milliseconds" : "seconds" }
}

/// Reads the parts of a time, one after another.
@safe private struct TimeReader {
  private let bytes: UnsafePointer<UInt8>
  private var position: Int
  private let end: Int

  init(_ bytes: UnsafePointer<UInt8>, _ range: Range<Int>) {
    var start = range.lowerBound
    var end = range.upperBound
    while unsafe start < end && (bytes[start] == 0x20 || bytes[start] == 0x09) { start += 1 }
    while unsafe start < end && (bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09) { end -= 1 }
    unsafe self.bytes = bytes
    position = start
    self.end = end
  }

  var isAtEnd: Bool { position == end }

  private var next: UInt8? { position < end ? unsafe bytes[position] : nil }

  private mutating func takes(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func digit() -> Int64? {
    guard let byte = next, (0x30...0x39).contains(byte) else { return nil }
    position += 1
    return Int64(byte - 0x30)
  }

  /// A number of milliseconds, or of seconds with decimals.
  mutating func number(decimals: Bool) -> Int64? {
    let isNegative = takes(0x2D)
    if !isNegative { _ = takes(0x2B) }
    guard var sum = digit() else { return nil }
    while let digit = digit() {
      // Far beyond every range, whatever follows.
      sum = min(sum * 10 + digit, 1 << 55)
    }
    guard decimals else { return isNegative ? -sum : sum }
    sum *= 1000
    var isLater = false
    if takes(0x2E) {
      guard let fraction = fraction() else { return nil }
      sum += fraction.milliseconds
      isLater = fraction.hasRest
    }
    // Down to the millisecond before, below zero too.
    return isNegative ? -sum - (isLater ? 1 : 0) : sum
  }

  /// The digits behind a point: milliseconds, and whether there is something beyond.
  private mutating func fraction() -> (milliseconds: Int64, hasRest: Bool)? {
    guard let byte = next, (0x30...0x39).contains(byte) else { return nil }
    var milliseconds: Int64 = 0
    var scale: Int64 = 100
    var hasRest = false
    while let digit = digit() {
      milliseconds += digit * scale
      if scale == 0, digit > 0 { hasRest = true }
      scale /= 10
    }
    return (milliseconds, hasRest)
  }

  private mutating func digits(_ count: Int, _ range: ClosedRange<Int64>) -> Int64? {
    var sum: Int64 = 0
    for _ in 0..<count {
      guard let digit = digit() else { return nil }
      sum = sum * 10 + digit
    }
    return range.contains(sum) ? sum : nil
  }

  /// A date of the proleptic Gregorian calendar, with a time of day or none.
  mutating func date() -> Int64? {
    guard let year = digits(4, 1...9999), takes(0x2D), let month = digits(2, 1...12), takes(0x2D),
      let day = digits(2, 1...Self.dayCount(year, month))
    else { return nil }
    var time = Self.days(year, month, day) * 86_400_000
    guard next == 0x54 || next == 0x74 || next == 0x20 else { return time }
    position += 1
    guard let hour = digits(2, 0...23), takes(0x3A), let minute = digits(2, 0...59) else {
      return nil
    }
    time += hour * 3_600_000 + minute * 60_000
    if takes(0x3A) {
      // A leap second is the first of the next minute.
      guard let second = digits(2, 0...60) else { return nil }
      time += second * 1000
      if takes(0x2E) || takes(0x2C) {
        guard let fraction = fraction() else { return nil }
        time += fraction.milliseconds
      }
    }
    guard let zone = zone() else { return nil }
    return time - zone
  }

  /// How far the clock is ahead of UTC, in milliseconds.
  private mutating func zone() -> Int64? {
    if takes(0x5A) || takes(0x7A) { return 0 }
    let isBehind = next == 0x2D
    guard takes(0x2D) || takes(0x2B) else { return 0 }
    guard let hours = digits(2, 0...23) else { return nil }
    var minutes: Int64 = 0
    if takes(0x3A) || position < end {
      guard let given = digits(2, 0...59) else { return nil }
      minutes = given
    }
    let offset = hours * 3_600_000 + minutes * 60_000
    return isBehind ? -offset : offset
  }

  private static func isLeap(_ year: Int64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  private static func dayCount(_ year: Int64, _ month: Int64) -> Int64 {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days from the first of 1970.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let before = year - 1
    let leapDays = before / 4 - before / 100 + before / 400
    let months: [Int64] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
    let inYear = months[Int(month) - 1] + (month > 2 && isLeap(year) ? 1 : 0) + day - 1
    // 719,162 days lie between the first of the year 1 and that of 1970.
    return before * 365 + leapDays + inYear - 719_162
  }
}
