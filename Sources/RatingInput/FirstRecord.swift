import BlockMatrix

/// The first line of a file that holds something, cut into fields without complaint: what is wrong
/// with it is said by ``RowParser``, who reads it again unless it is a header.
struct FirstRecord {
  var fields: [[UInt8]] = []
  /// Where it begins in the text.
  var start = 0
  /// Where the next record begins.
  var end = 0
  /// Lines before it, and in it.
  var linesBefore = 0
  var lineCount = 0

  /// - Throws: `.data` for what makes the whole text unreadable: no line end, or a zero byte.
  init(
    _ text: ArraySlice<UInt8>, format: RatingFormat, name: String
  ) throws(Failure) {
    start = text.startIndex
    while let line = text[start...].firstIndex(of: 0x0A),
      text[start..<line].allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D })
    {
      start = line + 1
      linesBefore += 1
    }
    guard start < text.endIndex else {
      throw Failure(
        .data, at: name, "the file holds only blank lines", hint: "it should hold ratings")
    }
    try Self.checkLine(text[start...], number: linesBefore + 1, name)
    cut(text[start...], RowLayout.classes(of: format), isDoubled: format == .movielens)
  }

  private static func checkLine(
    _ rest: ArraySlice<UInt8>, number: Int, _ name: String
  ) throws(Failure) {
    let line = rest.prefix(InputLimits.lineByteCount + 2).prefix { $0 != 0x0A }
    func bad(_ position: Int, _ reason: BadLineReason) -> Failure {
      BadLine(
        file: 0, line: number, column: position - line.startIndex + 1, byte: position,
        reason: reason
      ).failure(in: name)
    }
    if let zero = line.firstIndex(of: 0) { throw bad(zero, .zeroByte) }
    if let lone = line.indices.first(where: {
      line[$0] == 0x0D && $0 + 1 < rest.endIndex && rest[$0 + 1] != 0x0A
    }) {
      throw bad(lone, .carriageReturn)
    }
    if line.count > InputLimits.lineByteCount + 1 { throw bad(line.startIndex, .longLine) }
  }

  private mutating func cut(_ text: ArraySlice<UInt8>, _ classes: [UInt8], isDoubled: Bool) {
    var field: [UInt8] = []
    var position = text.startIndex
    var isInQuotes = false
    func byte(_ position: Int) -> UInt8 { position < text.endIndex ? text[position] : 0x0A }
    while true {
      let kind = classes[Int(byte(position))]
      if isInQuotes, position < text.endIndex {
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
  }
}
