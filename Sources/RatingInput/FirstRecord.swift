import BlockMatrix

/// A record at the beginning of a file, cut into fields without complaint: what is wrong with it is
/// said by ``RowParser``, who reads it again unless it is a header.
struct FirstRecord {
  /// Never `auto`.
  let format: RatingFormat
  var fields: [[UInt8]] = []
  /// Where it begins in the text.
  var start: Int
  /// Where the next record begins.
  var end = 0
  /// Lines before it, and in it.
  var linesBefore: Int
  var lineCount = 0
  /// What makes it unreadable; then it ends with its line.
  var problem: Failure?

  /// Cuts the first records that are not blank.
  ///
  /// - Parameters:
  ///   - text: The beginning of a file, without a byte order mark.
  ///   - format: How fields are separated; with `auto`, each record may look different.
  static func first(
    _ limit: Int, of text: ArraySlice<UInt8>, format: RatingFormat, name: String
  ) -> [FirstRecord] {
    var records: [FirstRecord] = []
    var rest = text
    var lines = 0
    while records.count < limit,
      let record = FirstRecord(rest, linesBefore: lines, format: format, name: name)
    {
      records.append(record)
      rest = text[record.end...]
      lines = record.linesBefore + record.lineCount
    }
    return records
  }

  /// Nothing where the text holds only blank lines.
  private init?(
    _ text: ArraySlice<UInt8>, linesBefore: Int, format: RatingFormat, name: String
  ) {
    self.linesBefore = linesBefore
    start = text.startIndex
    while let line = text[start...].firstIndex(of: 0x0A),
      text[start..<line].allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D })
    {
      start = line + 1
      self.linesBefore += 1
    }
    guard start < text.endIndex else { return nil }
    self.format =
      format == .auto ? Self.format(of: text[start...].prefix { $0 != 0x0A }) : format
    if let bad = Self.badByte(text[start...]) {
      spoil(bad.position, bad.reason, text, name)
    } else if let quote = cut(
      text[start...].prefix(InputLimits.lineByteCount + 3), RowLayout.classes(of: self.format),
      isDoubled: self.format == .movielens)
    {
      spoil(quote, .unclosedQuote, text, name)
    }
  }

  /// The format that a line looks like.
  private static func format(of line: ArraySlice<UInt8>) -> RatingFormat {
    if line.contains(0x09) { return .tsv }
    if line.contains(0x2C) || line.contains(0x22) { return .csv }
    return zip(line, line.dropFirst()).contains { $0 == 0x3A && $1 == 0x3A } ? .movielens : .csv
  }

  /// What makes a line, or the whole text, unreadable: no line end, or a byte that text has not.
  private static func badByte(
    _ rest: ArraySlice<UInt8>
  ) -> (position: Int, reason: BadLineReason)? {
    let line = rest.prefix(InputLimits.lineByteCount + 2).prefix { $0 != 0x0A }
    if let zero = line.firstIndex(of: 0) { return (zero, .zeroByte) }
    if let lone = line.indices.first(where: {
      line[$0] == 0x0D && $0 + 1 < rest.endIndex && rest[$0 + 1] != 0x0A
    }) {
      return (lone, .carriageReturn)
    }
    return line.count > InputLimits.lineByteCount + 1 ? (line.startIndex, .longLine) : nil
  }

  /// Gives the record up, to the end of the line in which the problem stands.
  private mutating func spoil(
    _ position: Int, _ reason: BadLineReason, _ text: ArraySlice<UInt8>, _ name: String
  ) {
    let before = text[start..<position]
    lineCount = before.count { $0 == 0x0A } + 1
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? start
    problem =
      BadLine(
        file: 0, line: linesBefore + lineCount, column: position - lineStart + 1, byte: position,
        reason: reason
      ).failure(in: name)
    fields = []
    end = text[position...].firstIndex(of: 0x0A).map { $0 + 1 } ?? text.endIndex
  }

  /// Cuts the record; returns where a quote is opened that is never closed.
  private mutating func cut(
    _ text: ArraySlice<UInt8>, _ classes: [UInt8], isDoubled: Bool
  ) -> Int? {
    var field: [UInt8] = []
    var position = text.startIndex
    var opening = 0
    var isInQuotes = false
    func byte(_ position: Int) -> UInt8 { position < text.endIndex ? text[position] : 0x0A }
    while true {
      let kind = classes[Int(byte(position))]
      if isInQuotes {
        guard position < text.endIndex else { return opening }
        if kind != RowLayout.ByteClass.quote {
          if kind == RowLayout.ByteClass.lineFeed { lineCount += 1 }
          field.append(byte(position))
        } else if byte(position + 1) == 0x22 {
          field.append(0x22)
          position += 1
        } else {
          isInQuotes = false
        }
      } else if kind == RowLayout.ByteClass.quote, field.isEmpty {
        isInQuotes = true
        opening = position
      } else if kind == RowLayout.ByteClass.separator, !isDoubled || byte(position + 1) == 0x3A {
        fields.append(field)
        field = []
        if isDoubled { position += 1 }
      } else if kind == RowLayout.ByteClass.lineFeed {
        break
      } else if kind != RowLayout.ByteClass.carriageReturn {
        field.append(byte(position))
      }
      position += 1
    }
    fields.append(field)
    lineCount += 1
    end = min(position + 1, text.endIndex)
    return nil
  }
}
