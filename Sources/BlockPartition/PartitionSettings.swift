import BlockMatrix
import BlockStore
import RatingInput
import Workers

/// What to do with several ratings of one user and item.
package enum DuplicatePolicy: String, Sendable, CaseIterable {
  /// Refuse the input, naming two places.
  case error
  /// The last counts: by time where times are read, else and of one time in the order of the input.
  case last
  /// Their sum counts, added in Double in ascending order.
  case sum
  /// Their mean counts, from the same sum.
  case mean
  /// Each counts.
  case keep
}

/// How ratings are made into a partition.
package struct PartitionSettings: Sendable {
  package var source: RatingSource
  /// Partitions whose ratings come before those of the input.
  package var added: [String] = []
  /// Commands of the shell whose output is read after all files.
  package var commands: [String] = []
  package var duplicates: DuplicatePolicy = .error
  /// The fewest ratings that a user or an item may have; 1 drops nothing.
  package var minimumRatings = PerSide(user: 1, item: 1)
  package var holdout: HoldoutRule?
  /// `nil` where old ratings count as much as new ones.
  package var halfLife: HalfLife?
  /// Blocks of each side; `nil` where that follows from the number of ratings.
  package var blockCounts = PerSide<Int?>(user: nil, item: nil)
  /// Bytes that ratings, ids and buffers may take; `nil` for as much as they need.
  package var memory: Int?
  package var workers = 1
  /// How many lines without a rating are skipped before the next one is an error.
  package var badLineLimit = 0
  /// Where skipped lines are listed.
  package var rejects: String?
  package var stop = StopRequest()

  package init(source: RatingSource = RatingSource()) { self.source = source }

  /// Checks what a command line can get wrong.
  ///
  /// - Throws: `.usage` naming the option.
  package func check() throws(Failure) {
    for side in Side.allCases {
      guard minimumRatings[side] >= 1 else {
        throw Failure(
          .usage, setting: "min-\(side.rawValue)-ratings",
          "\(minimumRatings[side]) is not 1 or more")
      }
      if let count = blockCounts[side], !(1...BlockPlan.mostBlocks).contains(count) {
        throw Failure(
          .usage, setting: "\(side.rawValue)-blocks",
          "\(count) is not between 1 and \(BlockPlan.mostBlocks)")
      }
    }
    try checkHoldout()
    guard workers >= 1, workers <= 1024 else {
      throw Failure(.usage, setting: "workers", "\(workers) is not between 1 and 1024")
    }
    guard badLineLimit >= 0 else {
      throw Failure(.usage, setting: "max-bad", "\(badLineLimit) is not 0 or more")
    }
    guard rejects == nil || badLineLimit > 0 else {
      throw Failure(
        .usage, setting: "rejects", "no bad line is skipped, so there is nothing to list",
        hint: "say with --max-bad how many lines may be skipped")
    }
  }

  /// What the partition says of times, where they are read.
  func timeFacts(newest: Int64) -> TimeFacts {
    TimeFacts(
      newest: newest, halfLife: halfLife?.milliseconds, since: source.times?.since,
      until: source.times?.until)
  }

  private func checkHoldout() throws(Failure) {
    switch holdout {
    case .share(let share) where !(share.fraction > 0 && share.fraction < 1):
      throw Failure(.usage, setting: "holdout", "\(share.fraction) is not between 0 and 1")
    case .last(let count) where count < 1:
      throw Failure(.usage, setting: "holdout-last", "\(count) is not 1 or more")
    default: break
    }
    if let halfLife, halfLife.milliseconds < 1 {
      throw Failure(.usage, setting: "half-life", "it is not more than 0")
    }
    guard source.times != nil || halfLife == nil && holdout?.needsTimes != true else {
      throw Failure(.usage, "the rule for the hold-out or the half-life needs times")
    }
  }
}

/// What partitioning found and did, beside the facts that the partition itself keeps.
package struct PartitionSummary: Sendable, Equatable {
  /// Ratings read, before anything was merged or dropped.
  package var rowCount = 0
  /// Those of them that came from partitions.
  package var addedRatingCount = 0
  /// What those partitions had left out of their text: ratings, or at least pairs of them.
  package var missingRatingCount = 0
  package var headerCount = 0
  /// Ratings left out because of their time; not among those read.
  package var outsideCount = 0
  /// Lines that were skipped.
  package var badLineCount = 0
  /// Rows that went into another rating of the same pair.
  package var mergedRowCount = 0
  /// Ratings left out because their user or item had too few.
  package var droppedRatingCount = 0
  /// Bytes read, before decompression.
  package var inputByteCount = 0
  /// Bytes that did not fit into memory and went through spill files.
  package var spilledByteCount = 0
  /// Whether the partition was complete already: an earlier run made the same.
  package var wasThere = false
}

/// How far partitioning has come.
package struct PartitionProgress: Sendable, Equatable {
  package enum Stage: String, Sendable {
    case reading, sorting, writing
  }

  package let stage: Stage
  /// Of the input where the stage is `reading`, before decompression; else of the stage's parts.
  package let done: Int
  /// `nil` where the input's length is not known.
  package let total: Int?
  /// Ratings read so far; 0 where the stage is `writing`.
  package let rowCount: Int
}
