import BlockMatrix
import BlockStore
import TestSupport

/// The worked matrix as a partition and as a tiny model, written by the store itself.
enum Worked {
  static func grids(_ users: Int = 2, _ items: Int = 2) -> PerSide<BlockGrid> {
    PerSide(
      user: TinyRatings.matrix.grid(.user, blockCount: users),
      item: TinyRatings.matrix.grid(.item, blockCount: items))
  }

  static func blocks(
    _ side: Side, _ grids: PerSide<BlockGrid>, coded: Bool = true
  ) -> [RatingBlock] {
    TinyRatings.matrix.blocks(side, grid: grids[side], isCoded: coded)
  }

  static let holdout = HoldoutRatings(users: [0, 1, 2], items: [3, 3, 1], values: [1.5, 2, 3.5])

  /// Writes the partition and returns its facts.
  @discardableResult
  static func writePartition(
    _ directory: String, grids: PerSide<BlockGrid> = grids(), holdout: HoldoutRatings? = nil,
    coded: Bool = true, in fileSystem: any FileSystem = PosixFileSystem()
  ) throws(Failure) -> PartitionFacts {
    let writer = try PartitionWriter(directory, in: fileSystem)
    for side in Side.allCases {
      for block in blocks(side, grids, coded: coded) { try writer.write(block) }
      try writer.writeIds(TinyRatings.idTable(side), side: side)
    }
    if let holdout {
      try writer.writeHoldout(holdout, fraction: 0.25, seed: 7, unknownPairs: 1)
    }
    return try writer.commit(grids: grids, valuesGiven: true, duplicates: "error")
  }

  /// Factors that are easy to recognise: row + factor / 16, and the bias −row.
  static func factors(
    _ side: Side, rank: Int = 3, hasBias: Bool = false
  ) throws(Failure) -> FactorTable {
    let count = TinyRatings.ids(side).count
    let table = try FactorTable(rowCount: count, rank: rank, hasBias: hasBias)
    for row in 0..<count {
      table.setRow(
        row, factors: (0..<rank).map { Float(row) + Float($0) / 16 }, bias: -Float(row))
    }
    return table
  }

  static func generationFacts(
    _ number: Int, of partition: Partition, rank: Int = 3, hasBias: Bool = false
  ) throws(Failure) -> GenerationFacts {
    GenerationFacts(
      iteration: number,
      hyperparameters: try Hyperparameters(rank: rank, biasRegularization: hasBias ? 0.02 : nil),
      run: try RunSettings(iterations: 15), partition: partition,
      history: (0..<number).map {
        IterationRecord(objective: 12.5 - Double($0), rmse: 0.25, holdoutRmse: nil)
      },
      mean: hasBias ? 3.5625 : nil)
  }

  /// Commits a generation of the worked factors.
  static func writeGeneration(
    _ number: Int, to model: ModelDirectory, of partition: Partition, rank: Int = 3,
    hasBias: Bool = false, path: String = "/data/ratings.blocks"
  ) throws(Failure) {
    let writer = try model.beginGeneration(number)
    for side in Side.allCases {
      try writer.write(
        side, table: try factors(side, rank: rank, hasBias: hasBias),
        grid: partition.facts.grids[side])
    }
    var facts = try generationFacts(number, of: partition, rank: rank, hasBias: hasBias)
    facts.partitionPath = path
    try writer.commit(facts)
  }
}
