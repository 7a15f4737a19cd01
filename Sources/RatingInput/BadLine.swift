import BlockMatrix

/// A line that holds no rating: where, and why.
package struct BadLine: Sendable, Equatable {
  /// The place in `inputs` of the file.
  package var file: Int
  /// From 1; of the offending byte, which in quoted CSV may lie below the record's first line.
  package var line: Int
  /// From 1, in bytes.
  package var column: Int
  /// From 0, in the text as it is after decompression.
  package var byte: Int
  package var reason: BadLineReason

  package init(file: Int, line: Int, column: Int, byte: Int, reason: BadLineReason) {
    self.file = file
    self.line = line
    self.column = column
    self.byte = byte
    self.reason = reason
  }

  /// The failure that ends the reading where bad lines are not skipped.
  package func failure(in name: String) -> Failure {
    Failure(
      .data, at: "\(name):\(line):\(column)", "\(reason.message) (byte \(byte))", hint: reason.hint)
  }
}

/// Every way in which a line can be wrong.
package enum BadLineReason: Sendable, Equatable {
  case fieldCount(found: Int, expected: Int)
  case emptyId(Side)
  case longId(Side, byteCount: Int)
  case emptyRating
  case notANumber([UInt8])
  case notFinite([UInt8])
  case emptyTime
  case notATime([UInt8], TimeFormat, isOutOfRange: Bool)
  case zeroByte
  case carriageReturn
  case quoteInField
  case textAfterQuote
  case unclosedQuote
  case longLine
  case notAnEntry(Side, [UInt8], limit: Int)

  /// What is wrong, in one line.
  package var message: String {
    switch self {
    case .fieldCount(let found, let expected):
      "the line has \(found) field\(found == 1 ? "" : "s"), not \(expected)"
    case .emptyId(let side): "the \(side.rawValue) id is empty"
    case .longId(let side, let byteCount):
      "the \(side.rawValue) id has \(byteCount) bytes; \(InputLimits.idByteCount) are allowed"
    case .emptyRating: "the rating is empty"
    case .notANumber(let text): "rating \"\(printable(text))\" is not a number"
    case .notFinite(let text): "rating \"\(printable(text))\" is too large for a 32-bit number"
    case .emptyTime: "the time is empty"
    case .notATime(let text, let format, let isOutOfRange):
      "time \"\(printable(text))\" is "
        + (isOutOfRange
          ? "not within the years 1 to 9999"
          : format == .iso8601 ? "not ISO 8601" : "no number of \(format.unit)")
    case .zeroByte: "a zero byte in text"
    case .carriageReturn: "a carriage return inside a line"
    case .quoteInField: "a quote inside a field that does not begin with one"
    case .textAfterQuote: "text after a closing quote"
    case .unclosedQuote: "a quote is opened here and never closed"
    case .longLine: "the line is longer than \(InputLimits.lineByteCount) bytes"
    case .notAnEntry(let side, let text, let limit):
      (side == .user ? "row" : "column")
        + " \"\(printable(text))\" is not a number from 1 to \(limit)"
    }
  }

  /// What to do about it.
  package var hint: String {
    switch self {
    case .fieldCount(_, let expected):
      "every line must have as many fields as the first, \(expected) here"
    case .emptyId, .emptyRating, .emptyTime: "fill it in, or skip such lines with --max-bad"
    case .longId: "choose the id's column with --columns"
    case .notANumber(let text):
      text.contains(UInt8(ascii: ","))
        ? "write decimals with a point"
        : "a number is digits with an optional sign, decimal point and exponent, like 3.5 or 1e-2"
    case .notFinite: "scale the ratings down"
    case .notATime(let text, let format, let isOutOfRange):
      Self.timeHint(text, format, isOutOfRange: isOutOfRange)
    case .zeroByte: "the file is binary or UTF-16; convert it to UTF-8"
    case .carriageReturn: "end lines with LF or CRLF, for example through: tr '\\r' '\\n'"
    case .quoteInField: "quote the whole field and double the quotes in it, or use --format tsv"
    case .textAfterQuote: "double the quotes inside a quoted field"
    case .unclosedQuote: "close it, or double it where it belongs to the text"
    case .longLine: "check that the file has line ends and its quotes are closed"
    case .notAnEntry: "check the size line of the file"
    }
  }

  private static func timeHint(
    _ text: [UInt8], _ format: TimeFormat, isOutOfRange: Bool
  ) -> String {
    if isOutOfRange, format == .seconds { return "give --time-format milliseconds" }
    switch format {
    case .iso8601:
      return text.allSatisfy { (0x30...0x39).contains($0) }
        ? "give --time-format seconds or milliseconds"
        : "a time is written like 2024-06-01 or 2024-06-01T18:30:00Z"
    case .seconds, .milliseconds:
      return text.dropFirst().contains(0x2D)
        ? "give --time-format iso8601"
        : "choose the time's column with --columns, its writing with --time-format"
    }
  }
}
