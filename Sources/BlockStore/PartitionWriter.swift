import BlockMatrix
import Workers

/// Writes a partition under another name; `commit` makes it appear, complete, by one rename.
package final class PartitionWriter: Sendable {
  package var directory: String { claim.path }
  /// For spill files; goes when the writer commits or abandons.
  package var scratchDirectory: String { "\(claim.temporary)/scratch" }

  /// Whether the partition is there, even where the directory above could not be flushed then.
  package var hasAppeared: Bool { claim.hasAppeared }

  /// Whether a directory had the name already: then what is written has to be what it holds.
  package var isTaken: Bool { claim.isTaken }

  private let claim: OutputClaim
  private let fileSystem: any FileSystem
  private let state = Locked(State())

  private struct State {
    var shards = PerSide<[Int: Written]>(user: [:], item: [:])
    var ids = PerSide<(file: FileFacts, digest: IdDigest)?>(user: nil, item: nil)
    var holdout: HoldoutFacts?
    var holdoutDigest = Digest.holdout(HoldoutRatings())
  }

  /// A shard that is on the disk.
  private struct Written: Sendable {
    let facts: ShardRecord
    let indices: Range<Int>
    /// Of each row; the users' alone are needed.
    let rowDigests: [UInt64]
    let unorderedDigest: UInt64
    let values: ClosedRange<Float>?
  }

  /// Begins a partition and removes what dead writers of the same directory have left.
  ///
  /// - Throws: `.output` where something that is no directory exists or another process is writing
  ///   it.
  package init(_ directory: String, in fileSystem: any FileSystem) throws(Failure) {
    claim = try OutputClaim(directory, .directory, makingParents: true, in: fileSystem)
    self.fileSystem = fileSystem
    do throws(Failure) {
      try fileSystem.makeDirectory(claim.temporary, withParents: false)
      try fileSystem.makeDirectory(scratchDirectory, withParents: false)
    } catch {
      claim.abandon()
      throw error
    }
  }

  deinit { abandon() }

  /// Writes a block's shard.
  ///
  /// Any thread, any order, each block once.
  package func write(_ block: RatingBlock) throws(Failure) {
    let name = RatingShard.fileName(block.side, block: block.block)
    let file = try writeFile(name, try RatingShard.encode(block))
    let isUser = block.side == .user
    let written = Written(
      facts: ShardRecord(block, file: file), indices: block.indices,
      rowDigests: isUser ? Digest.rows(of: block) : [],
      unorderedDigest: Digest.unordered(block), values: isUser ? block.valueRange : nil)
    state.withLock { $0.shards[block.side][block.block] = written }
  }

  /// Writes the ids of a side, once.
  package func writeIds(_ table: IdTable, side: Side) throws(Failure) {
    let file = try writeFile(IdShard.fileName(side), try IdShard.encode(table, side: side))
    let digest = IdDigest(table)
    state.withLock { $0.ids[side] = (file, digest) }
  }

  /// Writes the ratings that are kept back; not called where there is no hold-out.
  package func writeHoldout(
    _ ratings: HoldoutRatings, fraction: Double, seed: UInt64 = 0, last: Int? = nil,
    from: Int64? = nil, unknownPairs: Int
  ) throws(Failure) {
    let file = try writeFile(HoldoutShard.fileName, try HoldoutShard.encode(ratings))
    let facts = HoldoutFacts(
      fraction: fraction, seed: seed, last: last, from: from, ratingCount: ratings.count,
      unknownPairs: unknownPairs,
      file: file)
    let digest = Digest.holdout(ratings)
    state.withLock { state in
      state.holdout = facts
      state.holdoutDigest = digest
    }
  }

  private func writeFile(_ name: String, _ bytes: [UInt8]) throws(Failure) -> FileFacts {
    try claim.write(bytes, to: name)
    return FileFacts(bytes)
  }

  /// Checks that both orientations hold the same ratings, and makes the partition appear.
  ///
  /// - Throws: `.bug` where blocks are missing or do not fit; whatever the disk reports. Nothing
  ///   has appeared then, and all is removed.
  package func commit(
    grids: PerSide<BlockGrid>, valuesGiven: Bool, duplicates: String, inputByteCount: Int? = nil,
    droppedRatingCount: Int? = nil, times: TimeFacts? = nil
  ) throws(Failure) -> PartitionFacts {
    do throws(Failure) {
      var facts = try facts(grids: grids, valuesGiven: valuesGiven, duplicates: duplicates)
      facts.inputByteCount = inputByteCount
      facts.droppedRatingCount = droppedRatingCount
      facts.times = times
      // Before the manifest: what appears is the partition, and nothing else.
      try fileSystem.removeTree(scratchDirectory)
      try claim.write(try Manifest.encode(facts, .partition), to: Manifest.fileName)
      try claim.commit()
      return facts
    } catch {
      abandon()
      throw error
    }
  }

  /// Removes everything that was written, and the directories made for it; nothing after a commit.
  package func abandon() { claim.abandon() }

  private func facts(
    grids: PerSide<BlockGrid>, valuesGiven: Bool, duplicates: String
  ) throws(Failure) -> PartitionFacts {
    let (shards, ids, holdout, holdoutDigest) = state.withLock {
      ($0.shards, $0.ids, $0.holdout, $0.holdoutDigest)
    }
    guard let userIds = ids.user, let itemIds = ids.item else {
      throw Failure(.bug, at: directory, "a partition without ids")
    }
    let users = try inOrder(shards.user, grids.user, .user)
    let items = try inOrder(shards.item, grids.item, .item)
    guard
      users.reduce(0, { $0 &+ $1.unorderedDigest })
        == items.reduce(0, { $0 &+ $1.unorderedDigest })
    else {
      throw Failure(.bug, at: directory, "users' and items' blocks hold different ratings")
    }
    let ratingCount = users.reduce(0) { $0 + $1.facts.ratingCount }
    let values = users.compactMap(\.values)
    let facts = PartitionFacts(
      userCount: userIds.digest.count, itemCount: itemIds.digest.count, ratingCount: ratingCount,
      grids: grids, lowestValue: values.map(\.lowerBound).min() ?? 0,
      highestValue: values.map(\.upperBound).max() ?? 0, valuesGiven: valuesGiven,
      duplicates: duplicates, holdout: holdout,
      digest: try Digest.partition(
        userRows: users.flatMap(\.rowDigests), ratingCount: ratingCount,
        ids: PerSide(user: userIds.digest, item: itemIds.digest), holdout: holdoutDigest),
      ids: PerSide(user: userIds.file, item: itemIds.file),
      shards: PerSide(user: users.map(\.facts), item: items.map(\.facts)))
    if let rule = facts.brokenRule { throw Failure(.bug, at: directory, rule) }
    return facts
  }

  private func inOrder(
    _ shards: [Int: Written], _ grid: BlockGrid, _ side: Side
  ) throws(Failure) -> [Written] {
    var written: [Written] = []
    for block in 0..<grid.blockCount {
      guard let shard = shards[block], shard.indices == grid.indices(ofBlock: block) else {
        throw Failure(
          .bug, at: directory, "\(side.rawValue) block \(block) is not as its grid says")
      }
      written.append(shard)
    }
    guard shards.count == grid.blockCount else {
      throw Failure(.bug, at: directory, "more \(side.rawValue) blocks than in the grid")
    }
    return written
  }
}

extension RatingBlock {
  /// The lowest and the highest value; `nil` where there is no rating.
  var valueRange: ClosedRange<Float>? {
    switch values {
    case .plain(let plain): return Self.range(plain)
    case .coded(let codes, let dictionary):
      var isUsed = [Bool](repeating: false, count: 256)
      for code in codes { isUsed[Int(code)] = true }
      return Self.range(dictionary.indices.filter { isUsed[$0] }.map { dictionary[$0] })
    }
  }

  private static func range(_ values: [Float]) -> ClosedRange<Float>? {
    guard let lowest = values.min(), let highest = values.max() else { return nil }
    return lowest...highest
  }
}
