import BlockMatrix

/// What the beginning of a file tells about the rest.
struct TextOpening {
  let layout: RowLayout
  /// Where the ratings begin in the text, in bytes.
  let bodyStart: Int
  /// Lines before the ratings.
  let lineCount: Int
  let hasHeader: Bool

  /// Recognises a text by its beginning.
  ///
  /// - Parameters:
  ///   - text: The beginning, at least ``InputLimits/lineByteCount`` + 2 bytes unless it is all.
  /// - Throws: `.data` where it is empty, UTF-16, or has no columns of ratings.
  init(
    _ text: [UInt8], name: String, source: RatingSource
  ) throws(Failure) {
    guard !text.isEmpty else {
      throw Failure(.data, at: name, "the file is empty", hint: "it should hold ratings")
    }
    if text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) {
      throw Failure(
        .data, at: "\(name):1:1", "the text is UTF-16",
        hint: "convert it to UTF-8, for example with: iconv -f UTF-16 -t UTF-8")
    }
    let hasMark = text.starts(with: [0xEF, 0xBB, 0xBF])
    let body = text[(hasMark ? 3 : 0)...]
    let isMatrix = MatrixMarketHeader.isAtStart(of: body)
    if source.format == .matrixmarket || (source.format == .auto && isMatrix) {
      self = try Self.matrixMarket(body, name, source)
    } else {
      self = try Self.table(body, name, source)
    }
  }

  private init(layout: RowLayout, bodyStart: Int, lineCount: Int, hasHeader: Bool) {
    self.layout = layout
    self.bodyStart = bodyStart
    self.lineCount = lineCount
    self.hasHeader = hasHeader
  }

  private static func table(
    _ text: ArraySlice<UInt8>, _ name: String, _ source: RatingSource
  ) throws(Failure) -> TextOpening {
    let format = source.format == .auto ? format(of: text) : source.format
    let record = try FirstRecord(text, format: format, name: name)
    let chosen = try ColumnFinder(
      record.fields, source: source, format: format, place: "\(name):\(record.linesBefore + 1):1"
    ).find()
    return TextOpening(
      layout: RowLayout(
        format: format, fieldCount: record.fields.count, userField: chosen.user,
        itemField: chosen.item, ratingField: chosen.rating),
      bodyStart: chosen.hasHeader ? record.end : record.start,
      lineCount: record.linesBefore + (chosen.hasHeader ? record.lineCount : 0),
      hasHeader: chosen.hasHeader)
  }

  /// The format that the first line which is not blank looks like.
  private static func format(of text: ArraySlice<UInt8>) -> RatingFormat {
    let line = text.drop { $0 == 0x0A || $0 == 0x0D || $0 == 0x20 }.prefix { $0 != 0x0A }
    if line.contains(0x09) { return .tsv }
    if line.contains(0x2C) || line.contains(0x22) { return .csv }
    return zip(line, line.dropFirst()).contains { $0 == 0x3A && $1 == 0x3A } ? .movielens : .csv
  }

  private static func matrixMarket(
    _ text: ArraySlice<UInt8>, _ name: String, _ source: RatingSource
  ) throws(Failure) -> TextOpening {
    guard source.columns == nil, source.hasHeader == nil else {
      throw Failure(
        .usage, at: name, "a Matrix Market file has its columns and header by its format",
        hint: "leave --columns and --header out")
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
          format: .matrixmarket, fieldCount: hasValues ? 3 : 2, userField: 0, itemField: 1,
          ratingField: hasValues && !source.withoutRating ? 2 : nil, matrix: matrix),
        bodyStart: next, lineCount: lines, hasHeader: true)
    }
    throw Failure(
      .data, at: name, "the Matrix Market file has no size line",
      hint: "after the comments comes a line like: 943 1682 100000")
  }
}
