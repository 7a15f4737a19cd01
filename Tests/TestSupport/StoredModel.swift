import BlockMatrix
import BlockStore

/// A partition and a model of it on the disk, in a directory of their own, with given factors.
package struct StoredModel {
  package let folder: TemporaryDirectory
  package var partition: String { folder.file("ratings.blocks") }
  package var model: String { folder.file("model") }

  /// Writes both; the model's only generation is number 1.
  ///
  /// - Parameter hyperparameters: Nothing for the default ones at the factors' rank.
  package init(
    _ matrix: RatingMatrix, ids: PerSide<IdTable>, factors: PerSide<FactorTable>,
    userBlocks: Int = 1, holdout: HoldoutRatings? = nil, unknownPairs: Int = 0,
    hyperparameters: Hyperparameters? = nil, mean: Double? = nil
  ) throws(Failure) {
    folder = try TemporaryDirectory()
    let fileSystem = UnflushedFileSystem()
    let directory = folder.file("ratings.blocks")
    let grids = PerSide(
      user: matrix.grid(.user, blockCount: userBlocks), item: matrix.grid(.item, blockCount: 1))
    let writer = try PartitionWriter(directory, in: fileSystem)
    for side in Side.allCases {
      for block in matrix.blocks(side, grid: grids[side]) { try writer.write(block) }
      try writer.writeIds(ids[side], side: side)
    }
    if let holdout {
      try writer.writeHoldout(holdout, fraction: 0.25, seed: 1, unknownPairs: unknownPairs)
    }
    _ = try writer.commit(grids: grids, valuesGiven: true, duplicates: "error")
    let partition = try Partition.open(directory, in: fileSystem)
    let store = try ModelDirectory.openOrCreate(folder.file("model"), in: fileSystem)
    try store.copyIds(from: partition)
    try Self.commit(
      1, to: store, of: partition, factors, hyperparameters: hyperparameters, mean: mean)
  }

  /// Commits a generation to the model, in whose history objectives fall from 100 by one.
  package func commit(
    _ number: Int, _ factors: PerSide<FactorTable>, best: Int? = nil
  ) throws(Failure) {
    let disk = UnflushedFileSystem()
    try Self.commit(
      number, to: ModelDirectory.open(model, in: disk), of: Partition.open(partition, in: disk),
      factors, best: best)
  }

  package static func commit(
    _ number: Int, to model: ModelDirectory, of partition: Partition,
    _ factors: PerSide<FactorTable>, hyperparameters: Hyperparameters? = nil,
    mean: Double? = nil, best: Int? = nil
  ) throws(Failure) {
    let generation = try model.beginGeneration(number)
    for side in Side.allCases {
      try generation.write(side, table: factors[side], grid: partition.facts.grids[side])
    }
    let settings: Hyperparameters
    if let hyperparameters {
      settings = hyperparameters
    } else {
      settings = try Hyperparameters(
        rank: factors.user.rank, biasRegularization: factors.user.hasBias ? 0.1 : nil)
    }
    try generation.commit(
      GenerationFacts(
        iteration: number, hyperparameters: settings, run: RunSettings(iterations: number),
        partition: partition,
        history: (0..<number).map { IterationRecord(objective: Double(100 - $0)) },
        mean: mean ?? (factors.user.hasBias ? 0 : nil), best: best))
  }

  /// The worked matrix with factors of rank 2 and these scores.
  ///
  /// |      | Alien | Brazil | Dune | Casablanca |
  /// |------|-------|--------|------|------------|
  /// | ann  | 4     | 3      | 3.5  | −1.5       |
  /// | zoë  | 5     | 3      | 4    | 0          |
  /// | bob  | 2     | 1      | 1.5  | 0.5        |
  ///
  /// Kept back are ann's Casablanca (1.5), and bob's Brazil (3.5) and Dune (2).
  package static func tiny() throws(Failure) -> StoredModel {
    try StoredModel(
      TinyRatings.matrix,
      ids: PerSide(user: TinyRatings.idTable(.user), item: TinyRatings.idTable(.item)),
      factors: TinyRatings.factors(),
      holdout: HoldoutRatings(users: [0, 2, 2], items: [3, 1, 2], values: [1.5, 3.5, 2]),
      unknownPairs: 1)
  }
}

extension FactorTable {
  /// A table of numbers from a seed, with a column of biases where asked for.
  ///
  /// - Parameters:
  ///   - steps: Numbers are multiples of 1/`steps`, so that few steps make many equal scores.
  ///   - spread: Row r is divided by `1 + spread · r`, so that norms differ.
  package static func random(
    rowCount: Int, rank: Int, hasBias: Bool = false, seed: UInt64, steps: Int = 1 << 20,
    spread: Float = 0
  ) throws(Failure) -> FactorTable {
    var generator = SplitMix(seed: seed)
    let table = try FactorTable(rowCount: rowCount, rank: rank, hasBias: hasBias)
    for row in 0..<rowCount {
      func number() -> Float {
        Float(Int.random(in: -steps...steps, using: &generator)) / Float(steps)
          / (1 + spread * Float(row))
      }
      table.setRow(row, factors: (0..<rank).map { _ in number() }, bias: number())
    }
    return table
  }
}

extension Digest {
  /// The digest of factors that are in memory.
  package static func factors(_ tables: PerSide<FactorTable>) throws(Failure) -> String {
    try factors(PerSide(user: FactorRows.held(tables.user), item: .held(tables.item)))
  }
}
