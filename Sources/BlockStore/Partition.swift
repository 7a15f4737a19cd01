import BlockMatrix

/// A directory of ratings in blocks, complete and never changed.
package struct Partition: Sendable {
  package let directory: String
  package let facts: PartitionFacts
  private let fileSystem: any FileSystem

  /// Reads the manifest and checks that its facts fit each other.
  ///
  /// - Throws: `.missingInput` where there is no partition, `.data` where it is damaged.
  package static func open(
    _ directory: String, in fileSystem: any FileSystem
  ) throws(Failure) -> Partition {
    let directory = Path.trimmed(directory)
    let path = "\(directory)/\(Manifest.fileName)"
    // To name what is missing in our words, not in the operating system's.
    guard try fileSystem.status(path) != nil else {
      throw try StandingDirectory.noPartition(directory, in: fileSystem)
    }
    let facts = try Manifest.read(PartitionFacts.self, .partition, path, in: fileSystem)
    if let rule = facts.brokenRule { throw Manifest.damaged(path, 0, rule) }
    return Partition(directory: directory, facts: facts, fileSystem: fileSystem)
  }

  /// The names of all files but the manifest.
  var fileNames: [String] {
    Side.allCases.flatMap { side in
      facts.shards[side].indices.map { RatingShard.fileName(side, block: $0) }
        + [IdShard.fileName(side)]
    } + (facts.holdout == nil ? [] : [HoldoutShard.fileName])
  }

  /// Reads a block, every checksum and rule checked.
  ///
  /// - Complexity: O(ratings of the block); the shard and its expanded sections are held together
  ///   for a moment.
  package func readBlock(_ block: Int, of side: Side) throws(Failure) -> RatingBlock {
    let shard = facts.shards[side][block]
    let path = "\(directory)/\(RatingShard.fileName(side, block: block))"
    let ratings = try RatingShard.read(
      path, side: side, block: block, indices: facts.grids[side].indices(ofBlock: block),
      columnCount: facts.rowCount(of: side.opposite), expected: shard.file, in: fileSystem)
    guard ratings.ratingCount == shard.ratingCount,
      ratings.distinctColumnCount == shard.distinctColumnCount
    else {
      throw Failure(
        .data, at: "\(path), header, offset 40",
        "has \(ratings.ratingCount) ratings in \(ratings.distinctColumnCount) columns, its "
          + "manifest says \(shard.ratingCount) in \(shard.distinctColumnCount)",
        hint: ShardFile.damageHint)
    }
    return ratings
  }

  /// Reads the ids and counts of a side.
  package func readIds(_ side: Side) throws(Failure) -> IdTable {
    let path = "\(directory)/\(IdShard.fileName(side))"
    let table = try IdShard.read(
      path, side: side, expected: facts.ids[side], in: fileSystem)
    guard table.count == facts.rowCount(of: side) else {
      throw Failure(
        .data, at: "\(path), header, offset 32",
        "has \(table.count) ids, its manifest says \(facts.rowCount(of: side))",
        hint: ShardFile.damageHint)
    }
    return table
  }

  /// The bytes of a side's file of ids, which are those that the manifest names.
  func readIdFile(_ side: Side) throws(Failure) -> [UInt8] {
    let path = "\(directory)/\(IdShard.fileName(side))"
    let file = try fileSystem.open(path, streaming: false)
    let bytes = try file.read(count: file.byteCount, at: 0)
    try facts.ids[side].check(xxh3: Checksum.xxh3(bytes), of: path)
    return bytes
  }

  /// Reads the ids and counts of both sides.
  package func readIds() throws(Failure) -> PerSide<IdTable> {
    try PerSide { side throws(Failure) in try readIds(side) }
  }

  /// The bytes that reading a side's ids takes.
  package func memoryOfIds(_ side: Side) throws(Failure) -> Int {
    try IdShard.memory(
      "\(directory)/\(IdShard.fileName(side))", rowCount: facts.rowCount(of: side),
      in: fileSystem)
  }

  /// Reads the ratings that were kept back; none where the partition has no hold-out.
  package func readHoldout() throws(Failure) -> HoldoutRatings {
    guard let holdout = facts.holdout else { return HoldoutRatings() }
    let path = "\(directory)/\(HoldoutShard.fileName)"
    let ratings = try HoldoutShard.read(
      path, userCount: facts.userCount, itemCount: facts.itemCount, expected: holdout.file,
      in: fileSystem)
    guard ratings.count == holdout.ratingCount else {
      throw Failure(
        .data, at: "\(path), header, offset 40",
        "has \(ratings.count) ratings, its manifest says \(holdout.ratingCount)",
        hint: ShardFile.damageHint)
    }
    return ratings
  }
}
