import BlockMatrix

/// A record at the beginning of a text, with all its fields.
struct FirstRecord {
  /// How it is cut.
  let layout: RowLayout
  private(set) var fields: [[UInt8]] = []
  /// Where it begins in the text.
  let start: Int
  /// Where the next record begins.
  let end: Int
  /// Lines before it, and in it.
  let linesBefore: Int
  let lineCount: Int
  /// Why its fields cannot be told.
  private(set) var problem: Failure?

  /// Cuts the first records that are not blank, as far as they are all there.
  ///
  /// - Parameters:
  ///   - text: The beginning of a text: enough to tell all about the first such record.
  ///   - body: Where the records begin.
  ///   - isWhole: Whether it is the whole text.
  ///   - source: With the format `auto`, each record may look different.
  static func first(
    _ limit: Int, of text: [UInt8], from body: Int, isWhole: Bool, source: RatingSource,
    longestRecord: Int, name: String
  ) -> [FirstRecord] {
    var text = text
    var records: [FirstRecord] = []
    var position = body
    var lines = 0
    while records.count < limit {
      lines += Self.skipBlankLines(of: text, from: &position)
      guard position < text.count else { break }
      let line = text[position...].prefix { $0 != 0x0A }
      let separation =
        source.format == .auto
        ? Separation(of: line, needed: source.valueFieldCount)
        : Separation(format: source.format, delimiter: source.delimiter ?? Separation.comma)
      let layout = RowLayout(
        separation, fieldCount: 0, userField: 0, itemField: 0, ratingField: nil,
        longestRecord: longestRecord)
      let (record, isThere) = FirstRecord.cut(
        &text, at: position, layout: layout, linesBefore: lines, name: name)
      // More text could tell something else of it.
      guard isWhole || records.isEmpty || isThere else { break }
      records.append(record)
      position = record.end
      lines += record.lineCount
    }
    return records
  }

  /// Passes blank lines; returns how many.
  private static func skipBlankLines(of text: [UInt8], from position: inout Int) -> Int {
    var count = 0
    while let line = text[position...].firstIndex(of: 0x0A),
      text[position..<line].allSatisfy(RowLayout.isBlankOrLineEnd)
    {
      position = line + 1
      count += 1
    }
    return count
  }

  private struct AllFields: FieldSink {
    var fields: [RecordField] = []
    mutating func take(_ field: RecordField, number: Int) { fields.append(field) }
  }

  /// - Returns: Also whether the record is all there.
  private static func cut(
    _ text: inout [UInt8], at start: Int, layout: RowLayout, linesBefore: Int, name: String
  ) -> (FirstRecord, isThere: Bool) {
    let count = text.count
    return RecordScanner.scan(&text, upTo: count, layout: layout) { scanner in
      var found = AllFields()
      let end = scanner.scan(at: start, into: &found)
      var record = FirstRecord(
        layout: layout, start: start, end: min(end, count), linesBefore: linesBefore,
        lineCount: scanner.linePlace(of: end).line)
      if scanner.hasFault {
        let (position, reason) = scanner.fault
        let place = scanner.linePlace(of: position)
        record.problem =
          BadLine(
            file: 0, line: linesBefore + place.line + 1, column: place.column, byte: position,
            reason: reason
          ).failure(in: name)
      } else {
        record.fields = found.fields.map { scanner.content(of: $0) }
      }
      return (record, end <= count && !scanner.isOpen)
    }
  }
}
