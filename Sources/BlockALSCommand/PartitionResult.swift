import BlockMatrix
import BlockPartition
import BlockStore
import RatingInput
import Workers

/// The live line of a partitioning.
struct PartitionLine: Sendable {
  private let line = LiveLine()
  private let begin = ContinuousClock.now

  func clear() { line.clear() }

  @Sendable func show(_ progress: PartitionProgress) {
    let share = progress.total.map { total in
      " \(min(100, progress.done * 100 / max(1, total))) %"
    }
    switch progress.stage {
    case .reading:
      let seconds = max(1e-3, begin.seconds)
      let rate = ByteSize.describe(Int(Double(progress.done) / seconds))
      line.update(
        "reading\(share ?? ""): \(progress.rowCount.grouped) ratings, "
          + "\(ByteSize.describe(progress.done)), \(rate)/s")
    case .sorting: line.update("sorting\(share ?? "")")
    case .writing: line.update("writing\(share ?? "")")
    }
  }
}

/// What `partition` prints when it has succeeded.
struct PartitionResult: Report {
  let directory: String
  let facts: PartitionFacts
  let summary: PartitionSummary
  let seconds: Double

  private var bytesPerRating: Double {
    Double(facts.byteCount) / Double(max(1, facts.ratingCount))
  }

  var text: String {
    var lines = [
      "\(directory): \(facts.ratingCount.grouped) ratings, \(facts.userCount.grouped) users × "
        + "\(facts.itemCount.grouped) items, \(facts.grids.user.blockCount) + "
        + "\(facts.grids.item.blockCount) blocks, \(bytesPerRating.short) bytes a rating, "
        + "\(seconds.short) s"
    ]
    if let holdout = facts.holdout {
      lines.append(
        "  held out: \(holdout.ratingCount.grouped) ratings; \(holdout.unknownPairs.grouped) pairs "
          + "left out whose user or item has no other rating")
    }
    if summary.addedRatingCount > 0 {
      let missing = summary.missingRatingCount
      lines.append(
        "  added: \(summary.addedRatingCount.grouped) ratings of partitions"
          + (missing > 0 ? "; \(missing.grouped) more were left out of those" : ""))
    }
    if summary.mergedRowCount > 0 {
      lines.append(
        "  duplicates: \(summary.mergedRowCount.grouped) rows went into others "
          + "(\(facts.duplicates))")
    }
    if summary.droppedRatingCount > 0 {
      lines.append(
        "  minimum counts: \(summary.droppedRatingCount.grouped) ratings left out")
    }
    if summary.outsideCount > 0 {
      lines.append(
        "  --since and --until: \(summary.outsideCount.grouped) ratings left out")
    }
    if summary.badLineCount > 0 {
      lines.append("  bad lines: \(summary.badLineCount.grouped) skipped")
    }
    if summary.spilledByteCount > 0 {
      lines.append("  spilled: \(ByteSize.describe(summary.spilledByteCount))")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  var json: JSONText {
    .object([
      ("directory", .string(directory)),
      ("digest", .string(facts.digest)),
      ("rows", .int(summary.rowCount)),
      ("ratings", .int(facts.ratingCount)),
      ("users", .int(facts.userCount)),
      ("items", .int(facts.itemCount)),
      ("userBlocks", .int(facts.grids.user.blockCount)),
      ("itemBlocks", .int(facts.grids.item.blockCount)),
      ("holdoutRatings", .int(facts.holdout?.ratingCount ?? 0)),
      ("unknownPairs", .int(facts.holdout?.unknownPairs ?? 0)),
      ("mergedRows", .int(summary.mergedRowCount)),
      ("ratingsOutsideTime", .int(summary.outsideCount)),
      ("newestTime", facts.times.map { .string(TimeText.iso8601($0.newest)) } ?? .null),
      ("droppedRatings", .int(summary.droppedRatingCount)),
      ("badLines", .int(summary.badLineCount)),
      ("addedRatings", .int(summary.addedRatingCount)),
      ("missingRatings", .int(summary.missingRatingCount)),
      ("inputBytes", .int(summary.inputByteCount)),
      ("spilledBytes", .int(summary.spilledByteCount)),
      ("bytes", .int(facts.byteCount)),
      ("bytesPerRating", .number(bytesPerRating)),
      ("seconds", .seconds(seconds)),
    ])
  }
}
