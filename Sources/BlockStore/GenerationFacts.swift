import BlockMatrix

/// What a completed iteration reached.
package struct IterationRecord: Codable, Sendable, Equatable {
  package var objective: Double
  package var rmse: Double?
  package var holdoutRmse: Double?
  /// The hold-out metric that training was asked to watch besides.
  package var holdoutMetric: Double?

  package init(
    objective: Double, rmse: Double? = nil, holdoutRmse: Double? = nil,
    holdoutMetric: Double? = nil
  ) {
    self.objective = objective
    self.rmse = rmse
    self.holdoutRmse = holdoutRmse
    self.holdoutMetric = holdoutMetric
  }
}

/// Rows of a model that its training did not make: they were solved from ratings of their own.
package struct LaterRows: Codable, Sendable, Equatable {
  /// The last rows of each side.
  package internal(set) var added = PerSide(user: 0, item: 0)
  /// Others, which were trained and then put in anew.
  package internal(set) var replaced = PerSide(user: 0, item: 0)
}

/// A generation's manifest: what training had reached, and the files that hold it.
package struct GenerationFacts: Codable, Sendable, Equatable {
  /// Completed iterations; the generation's number.
  package let iteration: Int
  package let hyperparameters: Hyperparameters
  /// One entry for each completed iteration.
  package let history: [IterationRecord]
  /// The settings of the run; see ``rules``.
  private let run: RunSettings?
  /// How many iterations were asked for, in manifests of before all settings of a run were stored.
  private let plannedIterations: Int?
  package let partitionDigest: String
  /// Absolute; where `train --resume` looks for the ratings.
  package var partitionPath: String
  package private(set) var userCount: Int
  package private(set) var itemCount: Int
  package private(set) var grids: PerSide<BlockGrid>
  /// The scale of the values seen in training.
  package let lowestValue: Float
  package let highestValue: Float
  /// μ, the mean of the training ratings; only in models with biases, which are relative to it.
  package let mean: Double?
  /// The iteration that did best on the hold-out, where training watched it to stop in time.
  package private(set) var best: Int?
  /// Rows that were put in after training; `nil` where there are none.
  package private(set) var later: LaterRows?
  /// Factors per row in the shards.
  package internal(set) var rank = 0
  /// Whether the shards hold biases.
  package internal(set) var hasBias = false
  /// The model's files of ids, as they were when the generation was committed.
  package internal(set) var ids = PerSide(
    user: FileFacts(byteCount: 0, xxh3: ""), item: FileFacts(byteCount: 0, xxh3: ""))
  /// Per side, a shard for each block, in order; filled in by the writer.
  package internal(set) var shards = PerSide<[FileFacts]>(user: [], item: [])

  /// What training on a partition has reached; the writer adds the shards.
  package init(
    iteration: Int, hyperparameters: Hyperparameters, run: RunSettings, partition: Partition,
    history: [IterationRecord], mean: Double? = nil, best: Int? = nil
  ) {
    self.iteration = iteration
    self.hyperparameters = hyperparameters
    self.run = run
    plannedIterations = nil
    self.history = history
    partitionDigest = partition.facts.digest
    partitionPath = Path.absolute(partition.directory)
    userCount = partition.facts.userCount
    itemCount = partition.facts.itemCount
    grids = partition.facts.grids
    lowestValue = partition.facts.lowestValue
    highestValue = partition.facts.highestValue
    self.mean = mean
    self.best = best
  }

  /// The facts of a model that has rows of a side besides those that it was trained with.
  ///
  /// They are a block of their own, the last.
  ///
  /// - Parameters:
  ///   - rowCount: All rows of the side.
  ///   - added: How many of them are new, at the end.
  ///   - replaced: How many of the others have other factors than training gave them.
  package func updated(
    _ side: Side, rowCount: Int, added: Int, replaced: Int
  ) -> GenerationFacts {
    var facts = self
    if added > 0, let grid = BlockGrid(starts: grids[side].starts + [rowCount]) {
      facts.grids[side] = grid
    }
    if side == .user { facts.userCount = rowCount } else { facts.itemCount = rowCount }
    // The generation that did best is this one, or is not taken along.
    if best != iteration { facts.best = nil }
    var later = later ?? LaterRows()
    later.added[side] += added
    later.replaced[side] += replaced
    facts.later = later
    return facts
  }

  /// The settings of the run that wrote the generation, as far as they are known.
  package func rules() throws(Failure) -> RunSettings {
    if let run { return run }
    return try RunSettings(iterations: plannedIterations ?? max(1, iteration))
  }

  /// Whether all settings of the run are known.
  package var knowsRules: Bool { run != nil }

  /// Rows of a side.
  package func rowCount(of side: Side) -> Int { side == .user ? userCount : itemCount }

  /// Bytes of all factor shards.
  package var byteCount: Int {
    Side.allCases.reduce(0) { sum, side in shards[side].reduce(sum) { $0 + $1.byteCount } }
  }

  /// The shard of a block, as its file has to be.
  func shard(_ side: Side, block: Int) -> FactorShard {
    FactorShard(
      side: side, block: block, indices: grids[side].indices(ofBlock: block), rank: rank,
      hasBias: hasBias)
  }

  /// The first rule that the facts break among themselves, or `nil`.
  ///
  /// When it returns `nil`, the sizes of all shards are those that the rows and the rank give.
  func brokenRule(generation: Int) -> String? {
    guard iteration == generation else { return "is of iteration \(iteration), not \(generation)" }
    guard history.count == iteration else {
      return "has \(history.count) entries in its history after \(iteration) iterations"
    }
    guard (0...Hyperparameters.maximumRank).contains(rank) else { return "rank \(rank)" }
    guard hyperparameters.rank == rank else {
      return "rank \(rank) in the shards, \(hyperparameters.rank) in the settings"
    }
    guard hyperparameters.hasBias == hasBias, (mean != nil) == hasBias else {
      return "has biases in only some of its shards, its settings and its mean"
    }
    // Otherwise a few bytes could ask for any amount of memory.
    guard rank > 0 || hasBias else { return "has neither factors nor biases" }
    guard lowestValue <= highestValue, lowestValue.isFinite, highestValue.isFinite else {
      return "the lowest value is above the highest"
    }
    guard mean?.isFinite ?? true else { return "a mean that is no number" }
    if let best, !(1...max(1, iteration)).contains(best) {
      return "iteration \(best) did best of \(iteration)"
    }
    if let later {
      let isPossible = Side.allCases.allSatisfy { side in
        (0...rowCount(of: side)).contains(later.added[side]) && later.replaced[side] >= 0
      }
      guard isPossible else { return "more rows were added than there are" }
    }
    guard StatedSize.isHexadecimal(partitionDigest, digits: 32) else {
      return "a digest of other digits"
    }
    for side in Side.allCases {
      let (shards, grid) = (shards[side], grids[side])
      guard grid.blockCount <= Manifest.mostBlocks, shards.count == grid.blockCount else {
        return "\(shards.count) \(side.rawValue) shards for \(grid.blockCount) blocks"
      }
      guard grid.rowCount == rowCount(of: side), StatedSize.rows.contains(grid.rowCount) else {
        return "\(grid.rowCount) \(side.plural) in blocks, \(rowCount(of: side)) in all"
      }
      if let rule = ids[side].brokenRule { return "\(side.rawValue) ids: \(rule)" }
      // A wrong length is found here, before memory is asked for by it.
      for (block, file) in shards.enumerated() {
        if let rule = file.brokenRule { return "\(side.rawValue) block \(block): \(rule)" }
        guard self.shard(side, block: block).byteCount == file.byteCount else {
          return "\(side.rawValue) block \(block): \(file.byteCount) bytes do not fit its rows"
        }
      }
    }
    return nil
  }
}
