import BlockMatrix
import BlockStore
import RatingInput
import Workers

/// One partitioning, stage by stage; ratings go from store to store, cell by cell.
struct PartitionRun: Sendable {
  let settings: PartitionSettings
  let inputs: [RatingInput]
  /// What comes before them.
  let added: AddedRatings
  /// Ratings that are in memory already, in place of inputs.
  let given: GivenRatings?
  let inputByteCount: Int?
  let writer: PartitionWriter
  let fileSystem: any FileSystem
  let memory: PartitionMemory
  let budget: MemoryBudget
  let progress: @Sendable (PartitionProgress) -> Void

  /// - Parameter list: Gets the skipped lines before the partition appears.
  func run(
    listing list: ([BadLine]) throws(Failure) -> Void
  ) throws(Failure) -> (PartitionFacts, PartitionSummary) {
    // Times take memory and disk: only where they are wanted.
    settings.source.times == nil
      ? try run(RatingRow.self, listing: list) : try run(TimedRow.self, listing: list)
  }

  private func run<Row: NumberedRating>(
    _ rows: Row.Type, listing list: ([BadLine]) throws(Failure) -> Void
  ) throws(Failure) -> (PartitionFacts, PartitionSummary) {
    let text = if let given { try take(given, as: Row.self) } else { try readText(Row.self) }
    var summary = text.summary
    let ids = text.ids
    let work = memory.workByteCount(text.measure)
    budget.setLimit(work)
    let resolved = try resolve(text, ids, work)
    summary.mergedRowCount = resolved.mergedRowCount
    let counts = try RatingCounts(
      resolved.store, ids: ids, minimum: settings.minimumRatings, holdout: settings.holdout,
      // Each worker that counts has a counter for every id.
      workers: min(resolved.workers, work == nil ? .max : PartitionMemory.countingWorkers))
    summary.droppedRatingCount = counts.droppedCount
    try requireHeldOut(counts, newest: text.measure.newest)
    let blocks = try writeBlocks(resolved, ids, counts, work)
    summary.spilledByteCount =
      text.store.spilledByteCount + resolved.spilledByteCount + blocks.spilledByteCount
    // Before the partition appears: one that is there has its list.
    try list(text.badLines)
    let facts = try writer.commit(
      grids: blocks.grids, valuesGiven: text.valuesGiven,
      duplicates: settings.duplicates.rawValue,
      inputByteCount: added.inputByteCount(besides: summary.inputByteCount),
      droppedRatingCount: counts.droppedCount > 0 ? counts.droppedCount : nil,
      times: text.measure.newest.map { settings.timeFacts(newest: $0) })
    summary.wasThere = writer.isTaken
    return (facts, summary)
  }

  /// - Throws: `.data` where a rule that goes by time keeps nothing back.
  private func requireHeldOut(_ counts: RatingCounts, newest: Int64?) throws(Failure) {
    guard counts.heldOutCount == 0 else { return }
    switch settings.holdout {
    case .last(let count):
      throw Failure(
        .data, "no rating is held out: no user has more than \(count)",
        hint: "lower --holdout-last")
    case .from:
      throw Failure(
        .data, "no rating is held out: all are from before --holdout-from",
        hint: newest.map { "the newest is of \(TimeText.iso8601($0))" } ?? "")
    case nil, .share: return
    }
  }

  func makeStore<Row: NumberedRating>(_ name: String) -> RowStore<Row> {
    RowStore(budget: budget, path: "\(writer.scratchDirectory)/\(name)", in: fileSystem)
  }
}
