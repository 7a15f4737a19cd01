import BlockMatrix
import Workers

/// A run of whole lines.
struct TextChunk: Sendable {
  /// Counts chunks over all inputs.
  let number: Int
  /// The input's place among the inputs.
  let file: Int
  let layout: RowLayout
  /// The lines, ending with a line feed, and 8 zero bytes behind.
  var bytes: [UInt8]
  /// Without the zero bytes.
  let byteCount: Int
  /// Where the lines begin in the text of the input.
  let offset: Int

  /// Zero bytes behind the lines, which may be read.
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

  init(
    _ inputs: [RatingInput], source: RatingSource, chunkByteCount: Int, consumed: Counter,
    badLineLimit: Int
  ) {
    self.inputs = inputs
    self.badLineLimit = badLineLimit
    self.source = source
    self.chunkByteCount = chunkByteCount
    self.consumed = consumed
  }

  /// The next chunk; nothing at the end of the last input.
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
    _ = try fill(to: max(chunkByteCount, InputLimits.lineByteCount + 2))
    let opening = try TextOpening(
      rest, name: input.name, source: source, badLineLimit: badLineLimit)
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
    rest.reserveCapacity(count + 16)
    while rest.count < count {
      let bytes = try stream?.read(upTo: count - rest.count) ?? []
      if bytes.isEmpty { return true }
      rest.append(contentsOf: bytes)
    }
    return false
  }

  private mutating func nextOfInput() throws(Failure) -> TextChunk? {
    var wanted = chunkByteCount
    while true {
      let hasEnded = try fill(to: wanted)
      if isSkipping { skipToLineEnd() }
      guard !rest.isEmpty else {
        if hasEnded { return nil }
        continue
      }
      if hasEnded { return take(rest.count) }
      guard rest.count >= wanted else { continue }
      if let cut = layout.flatMap({ lastRecordEnd($0) }) { return take(cut) }
      if wanted > InputLimits.lineByteCount + 2 {
        isSkipping = true
        return take(rest.count)
      }
      // A line longer than a chunk, but perhaps not longer than a line may be.
      wanted = max(wanted * 2, InputLimits.lineByteCount + 3)
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

  /// Where the last record that has ended ends.
  ///
  /// In CSV, a line end inside quotes ends no record: the quotes before it are odd in number. Where
  /// only such line ends are found within a record's length, a stray quote is the reason, and the
  /// last line end is taken; the parser says what is wrong.
  private func lastRecordEnd(_ layout: RowLayout) -> Int? {
    guard let last = rest.lastIndex(of: 0x0A) else { return nil }
    guard layout.isQuoted, rest.contains(0x22) else { return last + 1 }
    var quotes = 0
    for byte in rest where byte == 0x22 { quotes += 1 }
    var position = rest.count - 1
    while position >= 0, rest.count - position <= InputLimits.lineByteCount + 2 {
      if rest[position] == 0x22 { quotes -= 1 }
      if rest[position] == 0x0A, quotes.isMultiple(of: 2) { return position + 1 }
      position -= 1
    }
    return rest.count > InputLimits.lineByteCount + 2 ? last + 1 : nil
  }

  private mutating func take(_ count: Int) -> TextChunk? {
    guard let layout else { return nil }
    var bytes = rest
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
