import BlockMatrix

/// What is known of the ratings that were kept back.
package struct HoldoutFacts: Codable, Sendable, Equatable {
  /// The share of all ratings that was asked for; where it goes by time, the share that was found.
  package let fraction: Double
  package let seed: UInt64
  /// How many of the latest pairs of each user are kept back; `nil` where another rule decides.
  package let last: Int?
  /// The time from which on pairs are kept back, in milliseconds since 1970; `nil` where another
  /// rule decides.
  package let from: Int64?
  package let ratingCount: Int
  /// Pairs drawn for the hold-out, but left out because training has no rating of their user or of
  /// their item.
  package let unknownPairs: Int
  package let file: FileFacts
}

/// What is known of the times of ratings, in milliseconds since 1970.
package struct TimeFacts: Codable, Sendable, Equatable {
  /// Of the newest rating, whether it trains or is kept back.
  package let newest: Int64
  /// How long it takes until a rating counts half, in milliseconds; `nil` where all count alike.
  package let halfLife: Int64?
  /// What is older was left out.
  package let since: Int64?
  /// What is of then or newer was left out.
  package let until: Int64?

  package init(newest: Int64, halfLife: Int64?, since: Int64?, until: Int64?) {
    self.newest = newest
    self.halfLife = halfLife
    self.since = since
    self.until = until
  }
}

/// A shard of ratings as the manifest knows it.
package struct ShardRecord: Codable, Sendable, Equatable {
  package let byteCount: Int
  /// XXH3-64 of all its bytes, as 16 hexadecimal digits.
  package let xxh3: String
  package let rowCount: Int
  package let ratingCount: Int
  /// Different columns: what the exchange has to bring to the block in a phase.
  package let distinctColumnCount: Int
  /// The number of ratings of the longest row.
  package let longestRow: Int

  var file: FileFacts { FileFacts(byteCount: byteCount, xxh3: xxh3) }

  init(_ block: RatingBlock, file: FileFacts) {
    byteCount = file.byteCount
    xxh3 = file.xxh3
    rowCount = block.rowCount
    ratingCount = block.ratingCount
    distinctColumnCount = block.distinctColumnCount
    longestRow = (0..<block.rowCount).map { block.ratings(ofRow: $0).count }.max() ?? 0
  }
}

/// A partition's manifest.
package struct PartitionFacts: Codable, Sendable, Equatable {
  package let userCount: Int
  package let itemCount: Int
  /// Ratings for training; those of the hold-out are not among them.
  package let ratingCount: Int
  package let grids: PerSide<BlockGrid>
  package let lowestValue: Float
  package let highestValue: Float
  /// Whether the input had values; without, every line was a rating of 1.
  package let valuesGiven: Bool
  /// What was done with several ratings of one pair.
  package let duplicates: String
  package let holdout: HoldoutFacts?
  /// `nil` where times were not read.
  package internal(set) var times: TimeFacts?
  /// Ratings left out because their user or item had too few; `nil` for none, and in partitions
  /// that do not say so.
  package internal(set) var droppedRatingCount: Int?
  /// Bytes that were read, before decompression; `nil` in partitions that do not say so.
  package internal(set) var inputByteCount: Int?
  /// XXH3-128 over ids and ratings in index order; independent of blocks.
  package let digest: String
  package let ids: PerSide<FileFacts>
  /// Per side, a shard for each block, in order.
  package let shards: PerSide<[ShardRecord]>

  /// Rows of a side.
  package func rowCount(of side: Side) -> Int { side == .user ? userCount : itemCount }

  /// Bytes of all files but the manifest.
  package var byteCount: Int {
    Side.allCases.reduce(holdout?.file.byteCount ?? 0) { sum, side in
      shards[side].reduce(sum + ids[side].byteCount) { $0 + $1.byteCount }
    }
  }

  /// The first rule that the facts break among themselves, or `nil`.
  ///
  /// When it returns `nil`, every size keeps to its limit; see ``StatedSize``.
  var brokenRule: String? {
    for side in Side.allCases {
      if let rule = brokenRule(of: side) { return rule }
    }
    guard lowestValue <= highestValue, lowestValue.isFinite, highestValue.isFinite else {
      return "the lowest value is above the highest"
    }
    if let rule = holdout?.brokenRule { return "hold-out: \(rule)" }
    let bytes = Side.allCases.flatMap { side in
      shards[side].map(\.byteCount) + [ids[side].byteCount]
    }
    guard StatedSize.sum(bytes + [holdout?.file.byteCount ?? 0], within: StatedSize.bytes) != nil,
      StatedSize.bytes.contains(inputByteCount ?? 0),
      StatedSize.ratings.contains(droppedRatingCount ?? 0)
    else { return "too many bytes" }
    guard StatedSize.isHexadecimal(digest, digits: 32) else { return "a digest of other digits" }
    guard times?.halfLife ?? 1 > 0 else { return "a half-life of nothing" }
    guard duplicates.utf8.count <= 16, duplicates.utf8.allSatisfy({ (0x61...0x7A).contains($0) })
    else { return "duplicates is no word" }
    return nil
  }

  private func brokenRule(of side: Side) -> String? {
    let (shards, grid) = (shards[side], grids[side])
    guard grid.blockCount <= Manifest.mostBlocks else { return "\(grid.blockCount) blocks" }
    guard shards.count == grid.blockCount else {
      return "\(shards.count) \(side.rawValue) shards for \(grid.blockCount) blocks"
    }
    guard grid.rowCount == rowCount(of: side) else {
      return "\(grid.rowCount) \(side.plural) in blocks, \(rowCount(of: side)) in all"
    }
    guard StatedSize.rows.contains(grid.rowCount) else { return "\(grid.rowCount) \(side.plural)" }
    if let rule = ids[side].brokenRule { return "\(side.rawValue) ids: \(rule)" }
    guard ids[side].canHold(grid.rowCount) else {
      return "\(grid.rowCount) \(side.rawValue) ids in \(ids[side].byteCount) bytes"
    }
    for (block, shard) in shards.enumerated() {
      let place = "\(side.rawValue) block \(block)"
      guard shard.rowCount == grid.indices(ofBlock: block).count else {
        return "\(place) has \(shard.rowCount) rows, "
          + "the grid says \(grid.indices(ofBlock: block).count)"
      }
      let rule = shard.brokenRule(
        columnCount: rowCount(of: side.opposite), repeatsPairs: duplicates == "keep")
      if let rule { return "\(place): \(rule)" }
    }
    guard let ratings = StatedSize.sum(shards.map(\.ratingCount), within: StatedSize.ratings) else {
      return "too many ratings in the shards of the \(side.plural)"
    }
    guard ratings == ratingCount else {
      return "\(ratings) ratings in the shards of the \(side.plural), \(ratingCount) in all"
    }
    guard ratings > 0 else { return "no ratings" }
    return nil
  }
}
