import BlockMatrix

/// What the lines of a chunk held.
struct ChunkRows {
  var rows: [RatingRow] = []
  /// Of each rating, where times are read; else empty.
  var times: [Int64] = []
  /// Ratings that were left out because of their time.
  var outsideCount = 0
  /// In the order of the text; lines counted from 0, within the chunk.
  var badLines: [BadLine] = []
  var lineCount = 0
  /// The line of each rating, from 0, within the chunk; only where places are noted.
  var rowLines: [Int] = []
}

/// Turns records into ratings.
///
/// The text ends with a line feed, behind which 8 more bytes may be read.
@safe struct RowParser {
  /// The fields that count, of the record being read.
  private struct WantedFields: FieldSink {
    let layout: RowLayout
    var user = RecordField()
    var item = RecordField()
    var rating = RecordField()
    var time = RecordField()
    /// Where the first field more than there should be begins.
    var surplusStart = 0

    @inline(__always)
    mutating func take(_ field: RecordField, number: Int) {
      if number == layout.userField {
        user = field
      } else if number == layout.itemField {
        item = field
      } else if number == layout.ratingField {
        rating = field
      } else if number == layout.timeField {
        time = field
      } else if number == layout.fieldCount {
        surplusStart = field.range.lowerBound
      }
    }
  }

  private let layout: RowLayout
  private let text: UnsafePointer<UInt8>
  private let end: Int
  private let takesDecimalCommas: Bool
  private let notesPlaces: Bool

  // The record being read.
  private var scanner: RecordScanner
  private var fields: WantedFields
  /// Blank, or outside the time that counts.
  private var isPassedOver = false
  private var problem: (position: Int, reason: BadLineReason)?

  /// Parses a chunk.
  ///
  /// - Parameters:
  ///   - badLineLimit: After more bad lines than this, the rest is not read.
  ///   - notesPlaces: Whether the line of each rating is wanted.
  static func parse(
    _ chunk: inout TextChunk, users: inout IdCollector, items: inout IdCollector,
    badLineLimit: Int, notesPlaces: Bool = false
  ) -> ChunkRows {
    var output = ChunkRows()
    let layout = chunk.layout
    // Up to the line feed that ends it.
    RecordScanner.scan(&chunk.bytes, upTo: chunk.byteCount - 1, layout: layout) { scanner in
      var parser = RowParser(scanner, layout: layout, notesPlaces: notesPlaces)
      parser.run(&output, &users, &items, badLineLimit)
    }
    for index in output.badLines.indices {
      output.badLines[index].byte += chunk.offset
      output.badLines[index].file = chunk.file
    }
    return output
  }

  private init(_ scanner: RecordScanner, layout: RowLayout, notesPlaces: Bool) {
    self.scanner = scanner
    self.layout = layout
    takesDecimalCommas = layout.separation.takesDecimalCommas
    unsafe text = scanner.text
    end = scanner.end
    self.notesPlaces = notesPlaces
    fields = WantedFields(layout: layout)
  }

  private mutating func run(
    _ output: inout ChunkRows, _ users: inout IdCollector, _ items: inout IdCollector,
    _ badLineLimit: Int
  ) {
    // As many as there can be: rows are held until the last has been read.
    output.rows.reserveCapacity(
      unsafe UnsafeBufferPointer(start: text, count: end).count { $0 == 0x0A })
    var position = 0
    while position < end {
      let next = scanner.scan(at: position, into: &fields)
      isPassedOver = false
      if scanner.hasFault {
        problem = scanner.fault
      } else {
        if scanner.fieldCount != layout.fieldCount { checkCount() }
        if problem == nil, !isPassedOver { takeRecord(&output, &users, &items) }
      }
      if let problem {
        let place = scanner.linePlace(of: problem.position)
        output.badLines.append(
          BadLine(
            file: 0, line: output.lineCount + place.line, column: place.column,
            byte: problem.position, reason: problem.reason))
        self.problem = nil
        guard output.badLines.count <= badLineLimit else { return }
        output.lineCount += scanner.linePlace(of: next).line
      } else {
        if notesPlaces, !isPassedOver { output.rowLines.append(output.lineCount) }
        output.lineCount += scanner.innerLineCount + 1
      }
      position = next
    }
  }

  /// A record with the wrong number of fields: blank, or bad.
  private mutating func checkCount() {
    let content = scanner.start..<scanner.contentEnd
    let count = scanner.fieldCount
    if count <= 1, content.allSatisfy({ unsafe text[$0] == 0x20 || text[$0] == 0x09 }) {
      isPassedOver = true
    } else {
      fail(
        at: count < layout.fieldCount ? content.upperBound : fields.surplusStart,
        .fieldCount(found: count, expected: layout.fieldCount))
    }
  }

  /// Notes what is wrong with the record.
  private mutating func fail(at position: Int, _ reason: BadLineReason) {
    problem = (position, reason)
  }

  /// Checks the fields, and adds the rating that they are.
  @inline(__always)
  private mutating func takeRecord(
    _ output: inout ChunkRows, _ users: inout IdCollector, _ items: inout IdCollector
  ) {
    // The rating before the ids: an id that has got a number keeps it, and a bad line must leave
    // none.
    var value: Float = 1
    if layout.ratingField != nil {
      guard
        case .value(let number) = unsafe DecimalNumber.parse(
          text, fields.rating.range, comma: takesDecimalCommas)
      else { return refuseRating() }
      value = number
    }
    var time: Int64 = 0
    if layout.timeField != nil {
      guard
        case .time(let found) = unsafe TimeText.parse(
          text, fields.time.range, layout.times.format)
      else { return refuseTime() }
      time = found
    }
    if hasBadId(fields.user) || hasBadId(fields.item) || layout.matrix != nil {
      guard checkId(fields.user, .user), checkId(fields.item, .item) else { return }
    }
    if layout.timeField != nil {
      // Before its ids get numbers: what is left out leaves no trace.
      guard layout.times.holds(time) else {
        output.outsideCount += 1
        isPassedOver = true
        return
      }
      output.times.append(time)
    }
    output.rows.append(
      RatingRow(
        user: number(of: fields.user, in: &users), item: number(of: fields.item, in: &items),
        value: value))
  }

  @inline(__always)
  private func number(of field: RecordField, in ids: inout IdCollector) -> UInt32 {
    // Few ids have quotes inside: they alone are copied.
    guard field.doubledQuotes == 0 else { return ids.index(of: scanner.content(of: field)) }
    return unsafe ids.index(
      at: UnsafeRawPointer(text + field.range.lowerBound), byteCount: field.range.count)
  }

  @inline(__always)
  private func hasBadId(_ field: RecordField) -> Bool {
    field.range.isEmpty || field.range.count > InputLimits.idByteCount
  }

  /// Says what is wrong with a rating, unless an id before it is wrong too.
  private mutating func refuseRating() {
    guard checkId(fields.user, .user), checkId(fields.item, .item) else { return }
    let rating = fields.rating
    let bytes = slice(rating.range)
    if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
      fail(at: rating.range.lowerBound, .emptyRating)
    } else if unsafe DecimalNumber.parse(text, rating.range, comma: takesDecimalCommas)
      == .tooLarge
    {
      fail(at: rating.range.lowerBound, .notFinite(bytes))
    } else {
      fail(at: rating.range.lowerBound, .notANumber(bytes))
    }
  }

  /// Says what is wrong with a time, unless an id before it is wrong too.
  private mutating func refuseTime() {
    guard checkId(fields.user, .user), checkId(fields.item, .item) else { return }
    let range = fields.time.range
    let bytes = slice(range)
    let format = layout.times.format
    if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
      fail(at: range.lowerBound, .emptyTime)
    } else {
      let outcome = unsafe TimeText.parse(text, range, format)
      fail(at: range.lowerBound, .notATime(bytes, format, isOutOfRange: outcome == .outOfRange))
    }
  }

  private mutating func checkId(_ field: RecordField, _ side: Side) -> Bool {
    let start = field.range.lowerBound
    guard !field.range.isEmpty else {
      fail(at: start, .emptyId(side))
      return false
    }
    guard field.byteCount <= InputLimits.idByteCount else {
      fail(at: start, .longId(side, byteCount: field.byteCount))
      return false
    }
    guard let matrix = layout.matrix else { return true }
    let limit = side == .user ? matrix.rowCount : matrix.columnCount
    let bytes = slice(field.range)
    guard let number = MatrixMarketHeader.positiveNumber(bytes), number <= limit else {
      fail(at: start, .notAnEntry(side, bytes, limit: limit))
      return false
    }
    return true
  }

  private func slice(_ range: Range<Int>) -> [UInt8] {
    unsafe Array(UnsafeBufferPointer(start: text + range.lowerBound, count: range.count))
  }
}
