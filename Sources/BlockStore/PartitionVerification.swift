import BlockMatrix
import Workers

// Every rule of a partition's files, and of how they fit each other.
extension Verification {
  /// What one block tells of itself.
  private struct BlockFindings: Sendable {
    let counts: [UInt32]
    let rowDigests: [UInt64]
    let unorderedDigest: UInt64
    let values: ClosedRange<Float>?
  }

  /// Checks a partition.
  ///
  /// - Throws: `.memory`; damage is reported, not thrown.
  static func partition(
    _ directory: String, in fileSystem: any FileSystem, workers: Int
  ) throws(Failure) -> Verification {
    var verification = Verification(.partition, directory)
    let opened = verification.check(0) { () throws(Failure) in
      try Partition.open(directory, in: fileSystem)
    }
    guard let partition = opened else { return verification }
    try verification.noteStrangers(of: partition, in: fileSystem)
    let ids = PerSide { verification.checkIds($0, of: partition) }
    let users = try verification.checkBlocks(.user, of: partition, ids, workers: workers)
    let items = try verification.checkBlocks(.item, of: partition, ids, workers: workers)
    let facts = partition.facts
    var holdout = HoldoutRatings()
    if let expected = facts.holdout {
      holdout =
        verification.check(expected.file.byteCount) { () throws(Failure) in
          try partition.readHoldout()
        } ?? holdout
    }
    guard verification.failures.isEmpty, let userIds = ids.user, let itemIds = ids.item else {
      return verification
    }
    let manifest = "\(directory)/\(Manifest.fileName)"
    let sums = (users + items).map(\.unorderedDigest)
    verification.require(
      sums.prefix(users.count).reduce(0, &+) == sums.dropFirst(users.count).reduce(0, &+),
      at: directory, "the users' and the items' shards hold different ratings")
    let values = users.compactMap(\.values)
    verification.require(
      (values.map(\.lowerBound).min() ?? 0) == facts.lowestValue
        && (values.map(\.upperBound).max() ?? 0) == facts.highestValue,
      at: manifest, "states another range of values than the shards have")
    let digest = try Digest.partition(
      userRows: users.flatMap(\.rowDigests), ratingCount: facts.ratingCount,
      ids: PerSide(user: IdDigest(userIds), item: IdDigest(itemIds)),
      holdout: Digest.holdout(holdout))
    verification.require(
      digest == facts.digest, at: manifest,
      "states the digest \(printable(facts.digest.utf8)), the ratings have \(digest)")
    verification.digest = digest
    return verification
  }

  /// Names what does not belong to the partition; it is not read.
  private mutating func noteStrangers(
    of partition: Partition, in fileSystem: any FileSystem
  ) throws(Failure) {
    var expected = Set(partition.fileNames)
    expected.insert(Manifest.fileName)
    for name in try fileSystem.list(directory) where !expected.contains(name) {
      notes.append("\(directory)/\(printable(name.utf8)) does not belong to the partition")
    }
  }

  /// Checks a side's ids: in descending order of counts, then ascending bytes, no id twice.
  private mutating func checkIds(_ side: Side, of partition: Partition) -> IdTable? {
    let read = check(partition.facts.ids[side].byteCount) { () throws(Failure) in
      try partition.readIds(side)
    }
    guard let table = read else { return nil }
    let place = "\(directory)/\(IdShard.fileName(side))"
    let misplaced = (1..<max(1, table.count)).first { index in
      let (before, count) = (table.counts[index - 1], table.counts[index])
      return before < count
        || (before == count && !table[index - 1].lexicographicallyPrecedes(table[index]))
    }
    if let misplaced {
      require(false, at: "\(place), section idBytes", "id \(misplaced) is out of order")
    }
    // What training has no rating of has no index: it would be a row without an equation.
    require(!table.counts.contains(0), at: "\(place), section counts", "an id has no rating")
    require(
      Set((0..<table.count).map { table[$0] }).count == table.count,
      at: "\(place), section idBytes", "an id stands there twice")
    return table
  }

  /// Checks a side's shards, on all workers.
  private mutating func checkBlocks(
    _ side: Side, of partition: Partition, _ ids: PerSide<IdTable?>, workers: Int
  ) throws(Failure) -> [BlockFindings] {
    let shards = partition.facts.shards[side]
    let columnCount = ids[side.opposite]?.count
    let results = try Parallel.map(shards.count, workers: workers) {
      block throws(Failure) -> Result<BlockFindings, Failure> in
      do throws(Failure) {
        return .success(try Self.findings(block, side, partition, columnCount))
      } catch {
        guard error.code != .memory else { throw error }
        return .failure(error)
      }
    }
    var findings: [BlockFindings] = []
    for (block, result) in results.enumerated() {
      let found = check(shards[block].byteCount) { () throws(Failure) in try result.get() }
      guard let found else { continue }
      findings.append(found)
      if let ids = ids[side] {
        let indices = partition.facts.grids[side].indices(ofBlock: block)
        require(
          ids.counts[indices].elementsEqual(found.counts),
          at: "\(directory)/\(RatingShard.fileName(side, block: block)), section counts",
          "the rows have other numbers of ratings than \(IdShard.fileName(side)) says")
      }
    }
    return findings
  }

  private static func findings(
    _ block: Int, _ side: Side, _ partition: Partition, _ columnCount: Int?
  ) throws(Failure) -> BlockFindings {
    let ratings = try partition.readBlock(block, of: side)
    let record = partition.facts.shards[side][block]
    let path = "\(partition.directory)/\(RatingShard.fileName(side, block: block))"
    // Without ids there is only the manifest's word for the number of columns.
    if let columnCount {
      var isUsed = [Bool](repeating: false, count: columnCount)
      for column in ratings.columns { isUsed[Int(column)] = true }
      let distinct = isUsed.count { $0 }
      guard distinct == ratings.distinctColumnCount else {
        throw Failure(
          .data, at: "\(path), header, offset 48",
          "has \(distinct) different columns, its header says \(ratings.distinctColumnCount)",
          hint: ShardFile.damageHint)
      }
    }
    let counts = (0..<ratings.rowCount).map { UInt32(ratings.ratings(ofRow: $0).count) }
    guard Int(counts.max() ?? 0) == record.longestRow else {
      throw Failure(
        .data, at: "\(path), section counts",
        "has a longest row of \(counts.max() ?? 0) ratings, its manifest says \(record.longestRow)",
        hint: ShardFile.damageHint)
    }
    return BlockFindings(
      counts: counts, rowDigests: side == .user ? Digest.rows(of: ratings) : [],
      unorderedDigest: Digest.unordered(ratings),
      values: side == .user ? ratings.valueRange : nil)
  }
}
