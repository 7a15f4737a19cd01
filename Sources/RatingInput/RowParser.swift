import BlockMatrix

/// What the lines of a chunk held.
struct ChunkRows {
  var rows: [RatingRow] = []
  /// In the order of the text; lines counted from 0, within the chunk.
  var badLines: [BadLine] = []
  var lineCount = 0
  /// The line of each rating, from 0, within the chunk; only where places are noted.
  var rowLines: [Int] = []
}

/// Turns lines into ratings, byte by byte.
///
/// The text ends with a line feed, behind which 8 more bytes may be read: every scan stops at a
/// line end at the latest, so that the loops need no other bound.
@safe struct RowParser {
  typealias Class = RowLayout.ByteClass

  /// A field's bytes, without the quotes around it.
  struct Field {
    var range = 0..<0
    /// How many quotes in it are doubled.
    var doubledQuotes = 0
    var byteCount: Int { range.count - doubledQuotes }
  }

  let layout: RowLayout
  let fieldCount: Int
  let text: UnsafeMutablePointer<UInt8>
  let classes: UnsafePointer<UInt8>
  let end: Int
  private var notesPlaces = false

  // The record being read.
  var recordStart = 0
  private var user = Field()
  private var item = Field()
  private var rating = Field()
  private var surplusStart = 0
  private var isBlankRecord = false
  /// Line ends inside quoted fields.
  var innerLineCount = 0
  private var problem: (position: Int, reason: BadLineReason) = (0, .zeroByte)
  private var hasProblem = false

  /// Parses a chunk.
  ///
  /// Ids in which quotes are doubled are unquoted in place.
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
    let end = chunk.byteCount
    unsafe chunk.bytes.withUnsafeMutableBufferPointer { text in
      unsafe layout.classes.withUnsafeBufferPointer { classes in
        guard let text = text.baseAddress, let classes = classes.baseAddress else { return }
        var parser = unsafe RowParser(layout: layout, text: text, classes: classes, end: end)
        parser.notesPlaces = notesPlaces
        parser.run(&output, &users, &items, badLineLimit)
      }
    }
    for index in output.badLines.indices {
      output.badLines[index].byte += chunk.offset
      output.badLines[index].file = chunk.file
    }
    return output
  }

  private init(
    layout: RowLayout, text: UnsafeMutablePointer<UInt8>, classes: UnsafePointer<UInt8>, end: Int
  ) {
    self.layout = layout
    fieldCount = layout.fieldCount
    unsafe self.text = text
    unsafe self.classes = classes
    self.end = end
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
      recordStart = position
      innerLineCount = 0
      isBlankRecord = false
      var next = scanRecord()
      if !hasProblem, !isBlankRecord { takeRecord(&output.rows, &users, &items) }
      if hasProblem {
        let place = linePlace(of: problem.position)
        output.badLines.append(
          BadLine(
            file: 0, line: output.lineCount + place.line, column: place.column,
            byte: problem.position, reason: problem.reason))
        hasProblem = false
        guard output.badLines.count <= badLineLimit else { return }
        if next == recordStart { next = lineEnd(after: problem.position) }
        output.lineCount += linePlace(of: next).line
      } else {
        if notesPlaces, !isBlankRecord { output.rowLines.append(output.lineCount) }
        output.lineCount += innerLineCount + 1
      }
      position = next
    }
  }

  /// Finds the fields of the record at `recordStart`; returns where the next record begins, or
  /// `recordStart` where a byte is in the way.
  @inline(__always)
  private mutating func scanRecord() -> Int {
    let isDoubled = layout.format == .movielens
    let mergesBlanks = layout.format == .matrixmarket
    var position = recordStart
    var count = 0
    while true {
      if mergesBlanks { skipBlanks(&position) }
      var field = Field(range: position..<position)
      if unsafe classes[Int(text[position])] == Class.quote {
        guard let quoted = scanQuoted(&position) else { return recordStart }
        field = quoted
      } else {
        scanPlain(&position, isDoubled: isDoubled)
        field.range = field.range.lowerBound..<position
      }
      if !mergesBlanks || !field.range.isEmpty {
        keep(field, as: count)
        count += 1
      }
      if unsafe classes[Int(text[position])] == Class.separator {
        position += isDoubled ? 2 : 1
        continue
      }
      guard let next = endLine(at: position) else { return recordStart }
      if position - recordStart > InputLimits.lineByteCount { fail(at: recordStart, .longLine) }
      if count != fieldCount { checkCount(count, position) }
      return next
    }
  }

  @inline(__always)
  private func scanPlain(_ position: inout Int, isDoubled: Bool) {
    while true {
      while unsafe classes[Int(text[position])] == Class.ordinary { position += 1 }
      // A single colon belongs to the field.
      guard isDoubled, unsafe text[position] == 0x3A, unsafe text[position + 1] != 0x3A
      else { return }
      position += 1
    }
  }

  @inline(__always)
  private mutating func keep(_ field: Field, as number: Int) {
    if number == layout.userField {
      user = field
    } else if number == layout.itemField {
      item = field
    } else if number == layout.ratingField {
      rating = field
    } else if number == fieldCount {
      surplusStart = field.range.lowerBound
    }
  }

  /// A line with the wrong number of fields: blank, or bad.
  private mutating func checkCount(_ count: Int, _ position: Int) {
    let content = recordStart..<position
    if count <= 1, content.allSatisfy({ unsafe text[$0] == 0x20 || text[$0] == 0x09 }) {
      isBlankRecord = true
    } else {
      fail(
        at: count < fieldCount ? position : surplusStart,
        .fieldCount(found: count, expected: fieldCount))
    }
  }

  /// Passes a line end; nothing, and a problem, where something else stands there.
  @inline(__always)
  private mutating func endLine(at position: Int) -> Int? {
    let kind = unsafe classes[Int(text[position])]
    if kind == Class.lineFeed { return position + 1 }
    if kind == Class.carriageReturn, unsafe text[position + 1] == 0x0A { return position + 2 }
    refuse(kind, at: position)
    return nil
  }

  private mutating func refuse(_ kind: UInt8, at position: Int) {
    switch kind {
    case Class.carriageReturn: fail(at: position, .carriageReturn)
    case Class.quote: fail(at: position, .quoteInField)
    case Class.zero: fail(at: position, .zeroByte)
    default: fail(at: position, .textAfterQuote)
    }
  }

  /// Notes what is wrong with the record; the first problem counts.
  mutating func fail(at position: Int, _ reason: BadLineReason) {
    guard !hasProblem else { return }
    problem = (position, reason)
    hasProblem = true
  }

  /// Checks the fields, and adds the rating that they are.
  @inline(__always)
  private mutating func takeRecord(
    _ rows: inout [RatingRow], _ users: inout IdCollector, _ items: inout IdCollector
  ) {
    var value: Float = 1
    if layout.ratingField != nil {
      guard case .value(let number) = unsafe DecimalNumber.parse(text, rating.range) else {
        return refuseRating()
      }
      value = number
    }
    if hasBadId(user) || hasBadId(item) || layout.matrix != nil {
      guard checkId(user, .user), checkId(item, .item) else { return }
    }
    if user.doubledQuotes > 0 { user = unquoted(user) }
    if item.doubledQuotes > 0 { item = unquoted(item) }
    let userIndex = unsafe users.index(
      at: UnsafeRawPointer(text + user.range.lowerBound), byteCount: user.range.count)
    let itemIndex = unsafe items.index(
      at: UnsafeRawPointer(text + item.range.lowerBound), byteCount: item.range.count)
    rows.append(RatingRow(user: userIndex, item: itemIndex, value: value))
  }

  @inline(__always)
  private func hasBadId(_ field: Field) -> Bool {
    field.range.isEmpty || field.range.count > InputLimits.idByteCount
  }

  /// Says what is wrong with a rating, unless an id before it is wrong too.
  private mutating func refuseRating() {
    guard checkId(user, .user), checkId(item, .item) else { return }
    let bytes = slice(rating.range)
    if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
      fail(at: rating.range.lowerBound, .emptyRating)
    } else if unsafe DecimalNumber.parse(text, rating.range) == .tooLarge {
      fail(at: rating.range.lowerBound, .notFinite(bytes))
    } else {
      fail(at: rating.range.lowerBound, .notANumber(bytes))
    }
  }

  private mutating func checkId(_ field: Field, _ side: Side) -> Bool {
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
