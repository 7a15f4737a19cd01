import BlockMatrix
import BlockStore
import RatingInput
import Workers

/// One partitioning, stage by stage; ratings go from store to store, cell by cell.
struct PartitionRun: Sendable {
  let settings: PartitionSettings
  let inputs: [RatingInput]
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
    let text = if let given { try take(given) } else { try readText() }
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
    let blocks = try writeBlocks(resolved, ids, counts, work)
    summary.spilledByteCount =
      text.store.spilledByteCount + resolved.spilledByteCount + blocks.spilledByteCount
    // Before the partition appears: one that is there has its list.
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
}
