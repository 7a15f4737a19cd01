/// Decimal text, read as the nearest `Float`.
enum DecimalNumber {
  enum Outcome: Equatable {
    case value(Float)
    case notANumber
    /// A number, but beyond the largest float.
    case tooLarge
  }

  /// Reads `[+-]digits[.digits][e[+-]digits]`, with blanks around it or none; with `comma`, one may
  /// stand for the point.
  ///
  /// The result is the float nearest to the decimal number, ties to even, and never −0: where the
  /// digits and the power of ten are both exact floats, one division or multiplication rounds once
  /// (Clinger 1990, "How to read floating point numbers accurately", section 3); all else goes
  /// through the standard library.
  static func parse(
    _ bytes: UnsafePointer<UInt8>, _ range: Range<Int>, comma: Bool = false
  ) -> Outcome {
    var start = range.lowerBound
    var end = range.upperBound
    while unsafe start < end && isBlank(bytes[start]) { start += 1 }
    while unsafe start < end && isBlank(bytes[end - 1]) { end -= 1 }
    var position = start
    var isNegative = false
    if position < end, unsafe bytes[position] == 0x2D || bytes[position] == 0x2B {
      isNegative = unsafe bytes[position] == 0x2D
      position += 1
    }
    var digits: UInt64 = 0
    let whole = unsafe readDigits(bytes, &position, end, into: &digits)
    guard whole > 0 else { return .notANumber }
    var scale = 0
    var digitCount = whole
    if position < end, unsafe bytes[position] == 0x2E || (comma && bytes[position] == 0x2C) {
      position += 1
      scale = unsafe readDigits(bytes, &position, end, into: &digits)
      guard scale > 0 else { return .notANumber }
      digitCount += scale
    }
    // Digits beyond the nineteenth may have overflowed `digits`; then the exact way is taken.
    if position == end, digitCount <= 19, digits <= 1 << 24, scale <= 10 {
      let magnitude = Float(digits) / powersOfTen[scale]
      return .value(isNegative && digits != 0 ? -magnitude : magnitude)
    }
    if position < end {
      guard unsafe skipExponent(bytes, &position, end), position == end else { return .notANumber }
    }
    // Exponents and many digits: rare, and slow to get right.
    let digitsOfAll = unsafe UnsafeBufferPointer(start: bytes + start, count: end - start)
    let text = unsafe String(decoding: digitsOfAll.map { $0 == 0x2C ? 0x2E : $0 }, as: UTF8.self)
    guard let value = Float(text) else { return .notANumber }
    guard value.isFinite else { return .tooLarge }
    return .value(value == 0 ? 0 : value)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// Reads digits and says how many.
  @inline(__always)
  private static func readDigits(
    _ bytes: UnsafePointer<UInt8>, _ position: inout Int, _ end: Int, into digits: inout UInt64
  ) -> Int {
    let start = position
    while position < end {
      let digit = unsafe bytes[position] &- 0x30
      guard digit < 10 else { break }
      digits = digits &* 10 &+ UInt64(digit)
      position += 1
    }
    return position - start
  }

  private static func skipExponent(
    _ bytes: UnsafePointer<UInt8>, _ position: inout Int, _ end: Int
  ) -> Bool {
    guard unsafe bytes[position] | 0x20 == 0x65 else { return false }
    position += 1
    if position < end, unsafe bytes[position] == 0x2D || bytes[position] == 0x2B { position += 1 }
    var ignored: UInt64 = 0
    return unsafe readDigits(bytes, &position, end, into: &ignored) > 0
  }

  /// 10⁰ … 10¹⁰, each an exact float.
  private static let powersOfTen: [Float] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10]
}
