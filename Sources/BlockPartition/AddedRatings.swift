import BlockMatrix
import BlockStore
import RatingInput
import Workers

/// Partitions whose ratings come before those of the text.
///
/// What is made of both is what the text of all would make, byte for byte. Blocks have forgotten
/// what was left out, which ratings of a pair came when, and all times: what would need them is
/// refused, and what is missing is counted.
struct AddedRatings: Sendable {
  private let partitions: [Partition]

  /// - Throws: `.usage` where the settings need what blocks have forgotten; what is wrong with a
  ///   partition.
  init(_ settings: PartitionSettings, in fileSystem: any FileSystem) throws(Failure) {
    var partitions: [Partition] = []
    for path in settings.added {
      guard settings.source.times == nil else {
        throw Failure(
          .usage, setting: "add", "a partition has no times of its ratings",
          hint: "partition the text of both together")
      }
      let partition = try Partition.open(path, in: fileSystem)
      try Self.check(partition, settings)
      partitions.append(partition)
    }
    self.partitions = partitions
  }

  private static func check(
    _ partition: Partition, _ settings: PartitionSettings
  ) throws(Failure) {
    let (old, new) = (partition.facts.duplicates, settings.duplicates)
    let isKept = old == DuplicatePolicy.keep.rawValue
    // A mean has forgotten of how many it is, and kept ratings which was the last.
    guard
      old == DuplicatePolicy.error.rawValue || (isKept && new != .last)
        || (old == new.rawValue && new != .mean)
    else {
      throw Failure(
        .usage, at: partition.directory,
        "was made with --duplicates \(printable(old.utf8)): what \(new.rawValue) makes of its "
          + "text cannot be told any more",
        hint: old == DuplicatePolicy.mean.rawValue
          ? "partition the text of both together" : "give --duplicates \(printable(old.utf8))")
    }
    guard partition.facts.times?.halfLife == nil else {
      throw Failure(
        .usage, at: partition.directory, "was made with --half-life, for its newest rating",
        hint: "partition the text of both together")
    }
    guard let limit = settings.memory else { return }
    let facts = partition.facts
    let largest = facts.shards.user.reduce(0) { max($0, $1.ratingCount) }
    // A quarter is for the workers' buffers, who do nothing yet.
    let (blockBytes, holdoutBytes) = (
      largest.multipliedReportingOverflow(by: blockByteCountPerRating),
      (facts.holdout?.ratingCount ?? 0).multipliedReportingOverflow(by: holdoutByteCountPerRating)
    )
    let needed = max(blockBytes.partialValue, holdoutBytes.partialValue)
    guard !blockBytes.overflow, !holdoutBytes.overflow, needed <= limit / 4 else {
      throw Failure(
        .memory, setting: "memory",
        "\(limit) bytes are too few: a block of \(partition.directory) has \(largest) ratings",
        hint: "give at least --memory \(needed / (1 << 18) + 1)M")
    }
  }

  /// For a rating of a block: the shard, its columns and values, and a piece of ratings.
  private static let blockByteCountPerRating = 20
  /// For a rating of a hold-out: the file, and three columns as numbers.
  private static let holdoutByteCountPerRating = 24

  /// Whether there are none.
  var isEmpty: Bool { partitions.isEmpty }

  /// Their names, for people.
  var names: String { partitions.map(\.directory).joined(separator: " and ") }

  /// Whether the text that they were made of had values.
  var valuesGiven: Bool { partitions.contains { $0.facts.valuesGiven } }

  /// Bytes of all text: theirs, and what was read besides; `nil` where one does not say.
  func inputByteCount(besides count: Int) -> Int? {
    var sum = count
    for partition in partitions {
      guard let count = partition.facts.inputByteCount else { return nil }
      // Whoever writes a manifest may write any number into it.
      guard sum < 1 << 55, count < 1 << 55 else { return nil }
      sum += count
    }
    return sum
  }

  /// What they have left out of their text: ratings, or at least pairs of them.
  var missingCount: Int {
    partitions.reduce(0) {
      $0 + ($1.facts.holdout?.unknownPairs ?? 0) + ($1.facts.droppedRatingCount ?? 0)
    }
  }

  /// Reads all ratings, those that were kept back too, in pieces.
  ///
  /// - Parameters:
  ///   - ids: Gets the ids; ratings come by its numbers.
  ///   - pieceCount: Ratings of a piece at the most.
  func read(
    into ids: SharedIds, pieceCount: Int, _ take: ([RatingRow]) throws(Failure) -> Void
  ) throws(Failure) {
    for partition in partitions {
      let holdout = try partition.readHoldout()
      let numbers = try Self.number(partition, holdout, into: ids)
      func hand(_ count: Int, _ rating: (Int) -> RatingRow) throws(Failure) {
        for start in stride(from: 0, to: count, by: pieceCount) {
          try take(
            (start..<min(count, start + pieceCount)).map { position in
              var row = rating(position)
              row.user = numbers.user[Int(row.user)]
              row.item = numbers.item[Int(row.item)]
              return row
            })
        }
      }
      try hand(holdout.count) {
        RatingRow(user: holdout.users[$0], item: holdout.items[$0], value: holdout.values[$0])
      }
      for number in 0..<partition.facts.grids.user.blockCount {
        let block = try partition.readBlock(number, of: .user)
        var row = 0
        try hand(block.ratingCount) { position in
          // Positions ascend, and with them rows.
          while block.rowOffsets[row + 1] <= position { row += 1 }
          return RatingRow(
            user: UInt32(block.firstIndex + row), item: block.columns[position],
            value: block.value(at: position))
        }
      }
    }
  }

  /// Gives a partition's ids common numbers, with the ratings of each, and checks them: text could
  /// not have brought others.
  private static func number(
    _ partition: Partition, _ holdout: HoldoutRatings, into ids: SharedIds
  ) throws(Failure) -> PerSide<[UInt32]> {
    let tables = try partition.readIds()
    return try PerSide { side throws(Failure) in
      let table = tables[side]
      var counts = table.counts
      for index in side == .user ? holdout.users : holdout.items { counts[Int(index)] &+= 1 }
      let isRight = (0..<table.count).allSatisfy { index in
        let id = table[index]
        return (1...InputLimits.idByteCount).contains(id.count) && !id.contains(0)
      }
      let numbers =
        isRight
        ? try ids.number(
          IdTable(bytes: table.bytes, offsets: table.offsets, counts: counts), side) : []
      guard isRight, Set(numbers).count == numbers.count else {
        throw Failure(
          .data, at: partition.directory,
          "an id of its \(side.plural) is empty, broken or comes twice",
          hint: "look at it with: blockals verify \(partition.directory)")
      }
      return numbers
    }
  }
}
