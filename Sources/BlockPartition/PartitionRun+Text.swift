import BlockMatrix
import BlockStore
import RatingInput
import Workers

// From text to ratings by provisional numbers, and the check that there is memory for the rest.
extension PartitionRun {
  struct TextRows<Row: NumberedRating> {
    /// By provisional numbers, with the ratings of each.
    let ids: PerSide<IdTable>
    /// A cell for each chunk of text.
    let store: RowStore<Row>
    let measure: TextMeasure
    let badLines: [BadLine]
    let valuesGiven: Bool
    /// As far as reading fills it in.
    let summary: PartitionSummary
  }

  /// Reads the inputs from their beginning.
  var reader: RatingReader {
    RatingReader(
      inputs, source: settings.source, workers: settings.workers,
      badLineLimit: settings.badLineLimit, chunkByteCount: memory.chunkByteCount)
  }

  /// - Throws: `.memory` where the stages to come would not fit, naming what would.
  func readText<Row: NumberedRating>(_ rows: Row.Type) throws(Failure) -> TextRows<Row> {
    let store: RowStore<Row> = makeStore("text")
    let ids = SharedIds()
    let board = TextBoard(memory, holdout: settings.holdout)
    let addedPieces = try readAdded(into: store, ids, board)
    let reader = reader
    let outcome = try reader.read { chunk throws(Failure) in
      try settings.stop.check()
      let noted = board.note(chunk)
      // Without room, only the census goes on: the memory that is enough is named once, and
      // rightly.
      if noted.hasRoom {
        try ids.number(&chunk)
        try store.append(
          Row.rows(chunk.rows, times: chunk.times), cell: addedPieces + chunk.number)
        board.check(ids.size)
      }
      progress(
        PartitionProgress(
          stage: .reading, done: reader.consumed.total, total: inputByteCount,
          rowCount: noted.rowCount))
    }
    try outcome.requireRatings(in: inputs[0])
    let tables = ids.take()
    let measure = try board.measure(tables)
    var summary = PartitionSummary()
    summary.addedRatingCount = measure.rowCount - outcome.rowCount
    summary.missingRatingCount = added.missingCount
    summary.rowCount = measure.rowCount
    summary.outsideCount = outcome.outsideCount
    summary.headerCount = outcome.headerCount
    summary.badLineCount = outcome.badLines.count
    summary.inputByteCount = reader.consumed.total
    return TextRows(
      ids: tables, store: store, measure: measure, badLines: outcome.badLines,
      valuesGiven: outcome.valuesGiven || added.valuesGiven, summary: summary)
  }

  /// Reads the partitions that are added, before all text.
  ///
  /// - Returns: The number of pieces, each a cell of the store.
  private func readAdded<Row: NumberedRating>(
    into store: RowStore<Row>, _ ids: SharedIds, _ board: TextBoard
  ) throws(Failure) -> Int {
    var pieces = 0
    // As long as the ratings of a chunk of text may be.
    let pieceCount = max(1, memory.chunkByteCount / RowStore<Row>.rowByteCount)
    try added.read(into: ids, pieceCount: pieceCount) { ratings throws(Failure) in
      try settings.stop.check()
      board.note(ratings, ids.size)
      try store.append(Row.rows(ratings, times: []), cell: pieces)
      pieces += 1
    }
    return pieces
  }
}

/// What is noted while text is read.
///
/// Where ids become too many to be kept, they are left as they are, and the rest of the text is
/// read only to tell what memory would be enough: once, and rightly.
private final class TextBoard: Sendable {
  private struct State {
    var measure = TextMeasure()
    /// `nil` while there is room for ids.
    var census: TextCensus?
  }

  private let state = Locked(State())
  private let memory: PartitionMemory
  /// Where the hold-out begins; `nil` where no time says so.
  private let holdoutStart: Int64?

  init(_ memory: PartitionMemory, holdout: HoldoutRule?) {
    self.memory = memory
    if case .from(let time) = holdout { holdoutStart = time } else { holdoutStart = nil }
  }

  /// Notes a chunk, whose ids have numbers of its own.
  ///
  /// - Returns: How many ratings were read so far, and whether there is room for the chunk's ids.
  func note(_ chunk: ParsedChunk) -> (rowCount: Int, hasRoom: Bool) {
    let newest = chunk.times.max()
    let lateRowCount = holdoutStart.map { start in chunk.times.count { $0 >= start } } ?? 0
    return state.withLock { state in
      state.measure.rowCount += chunk.rows.count
      state.measure.lateRowCount += lateRowCount
      if let newest { state.measure.newest = max(newest, state.measure.newest ?? newest) }
      state.measure.byteCount += chunk.byteCount
      for side in Side.allCases { state.census?.add(chunk.ids[side].table(), side) }
      return (state.measure.rowCount, state.census == nil)
    }
  }

  /// Notes ratings that are no text.
  func note(_ ratings: [RatingRow], _ size: (count: Int, length: Int)) {
    state.withLock { state in
      state.measure.rowCount += ratings.count
      // A piece of them takes what a chunk of text does.
      state.measure.byteCount += ratings.count * RowStore<RatingRow>.rowByteCount
    }
    check(size)
  }

  /// Begins the census where there is no room beside the ids so far.
  func check(_ size: (count: Int, length: Int)) {
    let byteCount = PartitionMemory.idByteCount(count: size.count, length: size.length)
    guard !memory.holds(idByteCount: byteCount) else { return }
    state.withLock { if $0.census == nil { $0.census = TextCensus() } }
  }

  /// What was found in all, which fits.
  ///
  /// - Parameter ids: Those for which there was room.
  func measure(_ ids: PerSide<IdTable>) throws(Failure) -> TextMeasure {
    var (measure, census) = state.withLock { ($0.measure, $0.census) }
    for side in Side.allCases {
      census?.add(ids[side], side)
      measure.idByteCount += PartitionMemory.idByteCount(
        count: ids[side].count, length: ids[side].bytes.count)
      measure.longest[side] = census?.longest(side) ?? Int(ids[side].counts.max() ?? 0)
    }
    measure.userCount = ids.user.count
    if let census {
      measure.idByteCount = census.idByteCount
      // Each takes at least so much.
      measure.userCount = census.idByteCount / PartitionMemory.idByteCount(count: 1, length: 1)
    }
    try memory.check(measure, holdsIds: census == nil)
    return measure
  }
}
