import BlockMatrix
import Workers

/// What the workers of one reading share: the text still to be read, and what was found.
final class ReadingBoard: Sendable {
  /// What is kept of a chunk.
  private struct Tally {
    let number: Int
    let file: Int
    let lineCount: Int
    let rowCount: Int
    let outsideCount: Int
    let badLines: [BadLine]
  }

  private struct State {
    var tallies: [Tally] = []
    var badLineCount = 0
    var failure: (chunk: Int, failure: Failure)?
    var hasStopped: Bool = false
  }

  private struct Text {
    var reader: ChunkReader
    var nextChunk = 0
  }

  private let text: Locked<Text>
  private let state = Locked(State())
  private let badLineLimit: Int

  init(_ reader: sending ChunkReader, badLineLimit: Int) {
    text = Locked(Text(reader: reader))
    self.badLineLimit = badLineLimit
  }

  /// The next lines to parse; `nil` at the end, or after a failure.
  func nextChunk() -> TextChunk? {
    text.withLock { text in
      // One worker cuts while the others parse: a text can be cut from its beginning only.
      guard !state.withLock({ $0.hasStopped }) else { return nil }
      do throws(Failure) {
        let chunk = try text.reader.next()
        text.nextChunk += 1
        return chunk
      } catch {
        fail(error, at: text.nextChunk)
        return nil
      }
    }
  }

  func tally(_ chunk: TextChunk, _ parsed: ChunkRows) {
    state.withLock { state in
      state.tallies.append(
        Tally(
          number: chunk.number, file: chunk.file, lineCount: parsed.lineCount,
          rowCount: parsed.rows.count, outsideCount: parsed.outsideCount,
          badLines: parsed.badLines))
      state.badLineCount += parsed.badLines.count
      // One more than may be skipped is a failure: what follows need not be read.
      if state.badLineCount > badLineLimit { state.hasStopped = true }
    }
  }

  func fail(_ failure: Failure, at chunk: Int) {
    state.withLock { state in
      state.hasStopped = true
      if let earlier = state.failure, earlier.chunk <= chunk { return }
      state.failure = (chunk, failure)
    }
  }

  /// What was read in all; lines get their numbers within their inputs here.
  func outcome(names: [String]) throws(Failure) -> ReadOutcome {
    let opened = text.withLock { $0.reader.opened }
    let (tallies, failure) = state.withLock { state in
      (state.tallies.sorted { $0.number < $1.number }, state.failure)
    }
    var lines = opened.map(\.linesBefore)
    var entries = opened.map { _ in 0 }
    var badLines: [BadLine] = []
    var begun = 0
    func note(_ found: [BadLine], linesBefore: Int) throws(Failure) {
      for var bad in found {
        bad.line += linesBefore
        // Chunks are handed out in order: all text before this line has been read.
        guard badLines.count < badLineLimit else { throw bad.failure(in: names[bad.file]) }
        badLines.append(bad)
      }
    }
    for tally in tallies {
      for file in begun..<max(begun, tally.file + 1) {
        try note(opened[file].badLines, linesBefore: 0)
        begun = file + 1
      }
      try note(tally.badLines, linesBefore: lines[tally.file] + 1)
      // Not before the bad lines of the chunks before it: the first fault in the text is named.
      if let failure, failure.chunk == tally.number { throw failure.failure }
      lines[tally.file] += tally.lineCount
      entries[tally.file] += tally.rowCount + tally.badLines.count
    }
    for input in opened[begun...] { try note(input.badLines, linesBefore: 0) }
    if let failure { throw failure.failure }
    try Self.checkEntries(entries, opened, names)
    return ReadOutcome(
      rowCount: tallies.reduce(0) { $0 + $1.rowCount }, badLines: badLines,
      headerCount: opened.filter(\.hasHeader).count,
      valuesGiven: opened.contains { $0.layout.ratingField != nil },
      outsideCount: tallies.reduce(0) { $0 + $1.outsideCount })
  }

  private static func checkEntries(
    _ entries: [Int], _ opened: [OpenedInput], _ names: [String]
  ) throws(Failure) {
    for (file, input) in opened.enumerated() {
      guard let matrix = input.layout.matrix, matrix.entryCount != entries[file] else { continue }
      throw Failure(
        .data, at: names[file],
        "the size line says \(matrix.entryCount) entries, but there are \(entries[file])",
        hint: "the file was cut, or entries were added by hand")
    }
  }
}
