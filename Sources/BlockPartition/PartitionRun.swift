import BlockMatrix
import BlockStore
import RatingInput
import Workers

/// One partitioning, stage by stage; ratings go from store to store, cell by cell.
struct PartitionRun: Sendable {
  let settings: PartitionSettings
  let inputs: [RatingInput]
  let inputByteCount: Int?
  let writer: PartitionWriter
  let fileSystem: any FileSystem
  let progress: @Sendable (PartitionProgress) -> Void

  let plan: MemoryPlan
  let budget: MemoryBudget

  init(
    settings: PartitionSettings, inputs: [RatingInput], inputByteCount: Int?,
    writer: PartitionWriter, fileSystem: any FileSystem,
    progress: @escaping @Sendable (PartitionProgress) -> Void
  ) {
    self.settings = settings
    self.inputs = inputs
    self.inputByteCount = inputByteCount
    self.writer = writer
    self.fileSystem = fileSystem
    self.progress = progress
    plan = MemoryPlan(limit: settings.memory, workers: settings.workers)
    budget = MemoryBudget(limit: plan.readingLimit)
  }

  /// - Parameter list: Gets the skipped lines before the partition appears.
  func run(
    listing list: ([BadLine]) throws(Failure) -> Void
  ) throws(Failure) -> (PartitionFacts, PartitionSummary) {
    let text = try readText()
    var summary = text.summary
    let ids = text.ids
    let work = try plan.byteCount(beside: ids)
    budget.setLimit(work)
    let resolved = try resolve(text, ids, work)
    summary.mergedRowCount = resolved.mergedRowCount
    let counts = try RatingCounts(
      resolved.store, ids: ids, minimum: settings.minimumRatings, holdout: settings.holdout,
      workers: resolved.workers)
    summary.droppedRatingCount = counts.droppedCount
    let blocks = try writeBlocks(resolved, ids, counts, work)
    summary.spilledByteCount =
      text.store.spilledByteCount + resolved.spilledByteCount + blocks.spilledByteCount
    try list(text.badLines)
    let facts = try writer.commit(
      grids: blocks.grids, valuesGiven: text.valuesGiven,
      duplicates: settings.duplicates.rawValue, inputByteCount: summary.inputByteCount)
    summary.wasThere = writer.isTaken
    return (facts, summary)
  }

  func makeStore(_ name: String) -> RowStore {
    RowStore(budget: budget, path: "\(writer.scratchDirectory)/\(name)", in: fileSystem)
  }

  // MARK: Text

  /// Reads the inputs from their beginning.
  var reader: RatingReader {
    RatingReader(
      inputs, source: settings.source, workers: settings.workers,
      badLineLimit: settings.badLineLimit, chunkByteCount: plan.chunkByteCount)
  }

  struct TextRows {
    let ids: PerSide<MergedSide>
    /// A cell for each chunk of text.
    let store: RowStore
    /// Whose numbers the ids of each chunk are.
    let workers: [Int]
    let badLines: [BadLine]
    let valuesGiven: Bool
    /// As far as reading fills it in.
    let summary: PartitionSummary
  }

  private func readText() throws(Failure) -> TextRows {
    let store = makeStore("text")
    let rowCount = Counter()
    let reader = reader
    let board = TextBoard()
    let outcome = try reader.read { parsed throws(Failure) in
      try settings.stop.check()
      try store.append(parsed.rows, cell: parsed.number)
      try plan.checkIds(board.note(parsed))
      progress(
        PartitionProgress(
          stage: .reading, done: reader.consumed.total, total: inputByteCount,
          rowCount: rowCount.add(parsed.rows.count)))
    }
    guard outcome.rowCount > 0 else { throw noRatings(in: inputs[0].name, outcome) }
    var summary = PartitionSummary()
    summary.rowCount = outcome.rowCount
    summary.headerCount = outcome.headerCount
    summary.badLineCount = outcome.badLines.count
    summary.inputByteCount = reader.consumed.total
    return TextRows(
      ids: try MergedIds.merge(outcome.ids, workers: settings.workers), store: store,
      workers: board.workers, badLines: outcome.badLines, valuesGiven: outcome.valuesGiven,
      summary: summary)
  }

  /// What is noted while text is read.
  private final class TextBoard: Sendable {
    private struct State {
      var workers: [Int] = []
      var idByteCounts: [Int] = []
    }

    private let state = Locked(State())

    var workers: [Int] { state.withLock { $0.workers } }

    /// Notes who read a chunk; returns what all workers' ids take.
    func note(_ parsed: ParsedRows) -> Int {
      state.withLock { state in
        while state.workers.count <= parsed.number { state.workers.append(0) }
        while state.idByteCounts.count <= parsed.worker { state.idByteCounts.append(0) }
        state.workers[parsed.number] = parsed.worker
        state.idByteCounts[parsed.worker] = parsed.idByteCount
        return state.idByteCounts.reduce(0, +)
      }
    }
  }
}
