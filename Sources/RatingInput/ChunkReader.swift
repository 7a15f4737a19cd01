import BlockMatrix
import Workers

/// A run of whole records.
struct TextChunk: Sendable {
  /// Counts chunks over all inputs.
  let number: Int
  /// The input's place among the inputs.
  let file: Int
  let layout: RowLayout
  /// The records, ending with a line feed, and 8 zero bytes behind.
  var bytes: [UInt8]
  /// Without the zero bytes.
  let byteCount: Int
  /// Where the records begin in the text of the input.
  let offset: Int

  /// Zero bytes behind the records, which may be read.
  static let slack = 8
}

/// What was found at the beginning of an input.
struct OpenedInput: Sendable {
  let layout: RowLayout
  let linesBefore: Int
  let hasHeader: Bool
  /// Lines before the one that told the layout; lines counted from 1, within the input.
  let badLines: [BadLine]
}

/// Cuts the text of inputs, one after another, into chunks that end where records end.
struct ChunkReader {
  private let inputs: [RatingInput]
  private let source: RatingSource
  private let chunkByteCount: Int
  private let longestRecord: Int
  private let consumed: Counter
  private let badLineLimit: Int
  private(set) var opened: [OpenedInput] = []
  private var chunkCount = 0

  // The input being read.
  private var stream: TextStream?
  private var layout: RowLayout?
  /// What was read but not yet handed out.
  private var rest: [UInt8] = []
  private var offset = 0
  /// In the middle of a line too long to be kept.
  private var isSkipping = false

  init(_ reader: RatingReader) {
    inputs = reader.inputs
    source = reader.source
    chunkByteCount = max(1, reader.chunkByteCount)
    longestRecord = reader.longestRecord
    consumed = reader.consumed
    badLineLimit = reader.badLineLimit
  }

  /// Bytes from a record's beginning that tell all about it but where its last line ends: the
  /// longest there may be, and its line end.
  private var tellingByteCount: Int { longestRecord + 2 }

  /// The next chunk; `nil` at the end of the last input.
  mutating func next() throws(Failure) -> TextChunk? {
    while true {
      if stream == nil {
        guard opened.count < inputs.count else { return nil }
        try openNext()
      }
      if let chunk = try nextOfInput() { return chunk }
      stream = nil
    }
  }

  private mutating func openNext() throws(Failure) {
    let input = inputs[opened.count]
    stream = try TextStream(try input.open(), consumed: consumed)
    rest = []
    isSkipping = false
    // As much, and no more, whatever the chunks: what the beginning tells follows from the text.
    _ = try fill(to: tellingByteCount)
    let hasEnded = try fill(to: TextOpening.blankByteCount(rest) + tellingByteCount)
    let opening = try TextOpening(
      rest, isWhole: hasEnded, name: input.name, source: source, longestRecord: longestRecord,
      badLineLimit: badLineLimit)
    let badLines = try badLines(in: opening)
    rest.removeFirst(opening.bodyStart)
    offset = opening.bodyStart
    layout = opening.layout
    opened.append(
      OpenedInput(
        layout: opening.layout, linesBefore: opening.lineCount, hasHeader: opening.hasHeader,
        badLines: badLines))
  }

  /// What is wrong with the lines before the one that told the layout.
  ///
  /// - Throws: `.data` where a rating is among them, as before a header: it would be lost.
  private func badLines(in opening: TextOpening) throws(Failure) -> [BadLine] {
    guard !opening.preamble.isEmpty else { return [] }
    let lines = rest[opening.preamble]
    var chunk = TextChunk(
      number: 0, file: opened.count, layout: opening.layout,
      bytes: Array(lines) + [UInt8](repeating: 0, count: TextChunk.slack), byteCount: lines.count,
      offset: lines.startIndex)
    var ids = PerSide(user: IdCollector(), item: IdCollector())
    let parsed = RowParser.parse(
      &chunk, users: &ids.user, items: &ids.item, badLineLimit: .max, notesPlaces: true)
    if let line = parsed.rowLines.first {
      throw Failure(
        .data, at: "\(inputs[opened.count].name):\(line + 1)",
        "there is a rating before the header in line \(opening.lineCount)",
        hint: "move the header to the first line")
    }
    return parsed.badLines.map { bad in
      var bad = bad
      bad.line += 1
      return bad
    }
  }

  /// Reads until `rest` has `count` bytes; says whether the text has ended before.
  private mutating func fill(to count: Int) throws(Failure) -> Bool {
    // With room for a line feed and the bytes behind the records: the text is not moved for them.
    rest.reserveCapacity(count + 16)
    while rest.count < count {
      let bytes = try stream?.read(upTo: count - rest.count) ?? []
      if bytes.isEmpty { return true }
      rest.append(contentsOf: bytes)
    }
    return false
  }

  private mutating func nextOfInput() throws(Failure) -> TextChunk? {
    guard let layout else { return nil }
    var wanted = chunkByteCount
    while true {
      let hasEnded = try fill(to: wanted)
      if isSkipping { skipToLineEnd() }
      guard !rest.isEmpty else {
        if hasEnded { return nil }
        continue
      }
      if hasEnded { return take(rest.count, layout) }
      guard rest.count >= wanted else { continue }
      if let cut = recordsEnd(within: wanted, layout) { return take(cut, layout) }
      if wanted >= tellingByteCount {
        // The first record's last line has no end yet. All else is known of it: it is bad.
        isSkipping = true
        return take(tellingByteCount, layout)
      }
      // A record that is longer than a chunk: look at twice as much.
      wanted = min(wanted * 2, tellingByteCount)
    }
  }

  /// Drops the rest of a line that was too long.
  private mutating func skipToLineEnd() {
    let end = rest.firstIndex(of: 0x0A)
    let count = end.map { $0 + 1 } ?? rest.count
    rest.removeFirst(count)
    offset += count
    isSkipping = end == nil
  }

  /// Where, within the first `count` bytes, the last record ends; `nil` where none does.
  ///
  /// Without quotes every line end ends a record, also after a fault. Among quotes, records have to
  /// be followed one by one.
  private mutating func recordsEnd(within count: Int, _ layout: RowLayout) -> Int? {
    guard layout.isQuoted, rest[..<count].contains(0x22) else {
      return rest[..<count].lastIndex(of: 0x0A).map { $0 + 1 }
    }
    let end = RecordScanner.scan(&rest, upTo: count, layout: layout) { scanner in
      var fields = NoFields()
      var end = 0
      while end < count {
        let next = scanner.scan(at: end, into: &fields)
        guard next <= count, !scanner.isOpen else { break }
        end = next
      }
      return end
    }
    return end > 0 ? end : nil
  }

  private mutating func take(_ count: Int, _ layout: RowLayout) -> TextChunk {
    var bytes = rest
    // The long part stays where it is, and the short rest is copied.
    if count == rest.count {
      rest = []
    } else {
      rest = Array(bytes[count...])
      bytes.removeLast(bytes.count - count)
    }
    if bytes.last != 0x0A { bytes.append(0x0A) }
    let byteCount = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: TextChunk.slack))
    defer {
      chunkCount += 1
      offset += count
    }
    return TextChunk(
      number: chunkCount, file: opened.count - 1, layout: layout, bytes: bytes,
      byteCount: byteCount, offset: offset)
  }
}
