import BlockMatrix

/// What the beginning of a file tells about the rest.
struct TextOpening {
  let layout: RowLayout
  /// Where the ratings begin in the text, in bytes.
  let bodyStart: Int
  /// Lines before the ratings.
  let lineCount: Int
  let hasHeader: Bool
  /// Lines before the one that told the layout, which hold no rating; empty where there are none.
  private(set) var preamble = 0..<0

  /// How many records are looked at where some may be bad.
  static let mostRecords = 100

  /// Recognises a text by its beginning.
  ///
  /// - Parameters:
  ///   - text: The beginning: enough to tell all about the first record that is not blank.
  ///   - isWhole: Whether it is the whole text.
  ///   - badLineLimit: How many lines may stand before the one that tells the layout.
  /// - Throws: `.data` where it is empty, UTF-16, or has no columns of ratings.
  init(
    _ text: [UInt8], isWhole: Bool, name: String, source: RatingSource, longestRecord: Int,
    badLineLimit: Int
  ) throws(Failure) {
    guard !text.isEmpty else {
      throw Failure(.data, at: name, "the file is empty", hint: "it should hold ratings")
    }
    // Every second byte of it is zero: without this, that would be the message.
    if text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) {
      throw Failure(
        .data, at: "\(name):1:1", "the text is UTF-16",
        hint: "convert it to UTF-8, for example with: iconv -f UTF-16 -t UTF-8")
    }
    if let foreign = ForeignFormat.find(text, isAny: source.format == .auto) {
      throw Failure(
        .data, at: name, "the file is \(foreign.name), not text of ratings", hint: foreign.hint)
    }
    let body = text[Self.markByteCount(text)...]
    let isMatrix = MatrixMarketHeader.isAtStart(of: body)
    if source.format == .matrixmarket || (source.format == .auto && isMatrix) {
      do throws(Failure) {
        self = try Self.matrixMarket(body, name, source, longestRecord)
      } catch {
        guard badLineLimit > 0, error.code == .data else { throw error }
        throw Failure(
          .data, at: error.place, error.message,
          hint: "\(error.hint); --max-bad skips no line before the entries")
      }
    } else {
      let records = FirstRecord.first(
        badLineLimit > 0 ? Self.mostRecords : 1, of: text, from: body.startIndex, isWhole: isWhole,
        source: source, longestRecord: longestRecord, name: name)
      guard !records.isEmpty else {
        throw Failure(
          .data, at: name,
          isWhole
            ? "the file holds only blank lines" : "the first \(text.count) bytes are blank lines",
          hint: "it should hold ratings")
      }
      self = try Self.table(records, body.startIndex, name, source, badLineLimit)
    }
  }

  private static func markByteCount(_ text: [UInt8]) -> Int {
    text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// Bytes of a text before its first record: a byte order mark, and blank lines.
  static func blankByteCount(_ text: [UInt8]) -> Int {
    let body = text[markByteCount(text)...]
    return body.firstIndex { !RowLayout.isBlankOrLineEnd($0) } ?? body.startIndex
  }

  private init(layout: RowLayout, bodyStart: Int, lineCount: Int, hasHeader: Bool) {
    self.layout = layout
    self.bodyStart = bodyStart
    self.lineCount = lineCount
    self.hasHeader = hasHeader
  }

  private static func table(
    _ records: [FirstRecord], _ start: Int, _ name: String, _ source: RatingSource,
    _ badLineLimit: Int
  ) throws(Failure) -> TextOpening {
    let usual = usualShape(of: records)
    var chosen: TextOpening?
    var refusal: Failure?
    // Those before the one that is chosen are bad lines: no more of them than may be skipped.
    for record in records[...min(badLineLimit, records.count - 1)] {
      let finder = ColumnFinder(
        record.fields, source: source, separation: record.layout.separation,
        place: "\(name):\(record.linesBefore + 1):1")
      if let misfit = record.problem ?? finder.misfit {
        refusal = refusal ?? misfit
        continue
      }
      let columns = try finder.find()
      var opening = TextOpening(record, columns, source.times)
      opening.preamble = start..<(record.start == records[0].start ? start : record.start)
      chosen = chosen ?? opening
      // A header says what the others have to be like; of other lines, one may be the odd one out.
      if columns.hasHeader || usual == nil || usual == Shape(record) { return opening }
    }
    if let chosen { return chosen }
    let failure = refusal ?? Failure(.bug, at: name, "no record was looked at")
    guard badLineLimit > 0 else { throw failure }
    throw Failure(
      failure.code, at: failure.place,
      "\(failure.message); nor does one of the lines after it tell the columns, so that --max-bad "
        + "can skip none",
      hint: failure.hint)
  }

  private init(
    _ record: FirstRecord, _ columns: ColumnFinder.Columns, _ times: TimeReading?
  ) {
    self.init(
      layout: RowLayout(
        record.layout.separation, fieldCount: record.fields.count, userField: columns.user,
        itemField: columns.item, ratingField: columns.rating, timeField: columns.time,
        times: times, longestRecord: record.layout.longestRecord),
      bodyStart: columns.hasHeader ? record.end : record.start,
      lineCount: record.linesBefore + (columns.hasHeader ? record.lineCount : 0),
      hasHeader: columns.hasHeader)
  }

  /// How a record is cut.
  private struct Shape: Equatable {
    let separation: Separation
    let fieldCount: Int

    init(_ record: FirstRecord) {
      separation = record.layout.separation
      fieldCount = record.fields.count
    }
  }

  /// The shape of more than half of the records that can be read; `nil` where there is none.
  private static func usualShape(of records: [FirstRecord]) -> Shape? {
    let shapes = records.filter { $0.problem == nil }.map { Shape($0) }
    return shapes.first { shape in shapes.count { $0 == shape } * 2 > shapes.count }
  }

  private static func matrixMarket(
    _ text: ArraySlice<UInt8>, _ name: String, _ source: RatingSource, _ longestRecord: Int
  ) throws(Failure) -> TextOpening {
    guard source.columns == nil, source.hasHeader == nil else {
      throw Failure(
        .usage, at: name, "a Matrix Market file has its columns and header by its format",
        hint: "leave --columns and --header out")
    }
    guard source.times == nil else {
      throw Failure(.usage, at: name, "a Matrix Market file has no times")
    }
    var start = text.startIndex
    var lines = 0
    var hasValues: Bool?
    while start < text.endIndex {
      let line = text[start...].prefix { $0 != 0x0A }
      let next = min(line.endIndex + 1, text.endIndex)
      lines += 1
      defer { start = next }
      guard let hasValues else {
        hasValues = try MatrixMarketHeader.hasValues(line, in: name)
        continue
      }
      if line.first == 0x25 || line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
        continue
      }
      let matrix = try MatrixMarketHeader.matrix(line, number: lines, in: name)
      return TextOpening(
        layout: RowLayout(
          Separation(format: .matrixmarket), fieldCount: hasValues ? 3 : 2, userField: 0,
          itemField: 1,
          ratingField: hasValues && !source.withoutRating ? 2 : nil, matrix: matrix,
          longestRecord: longestRecord),
        bodyStart: next, lineCount: lines, hasHeader: true)
    }
    throw Failure(
      .data, at: name, "the Matrix Market file has no size line",
      hint: "after the comments comes a line like: 943 1682 100000")
  }
}
