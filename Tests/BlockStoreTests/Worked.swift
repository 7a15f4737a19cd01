import BlockMatrix
import BlockStore

/// The worked matrix of the format document as blocks, ids and a small model.
///
///             Alien  Brazil  Dune  Casablanca
///     ann       5      3      4        ·
///     zoë       2      5     4.5       ·
///     bob       4      ·      ·        1
enum Worked {
  static let users = ["ann", "zoë", "bob"]
  static let items = ["Alien", "Brazil", "Dune", "Casablanca"]
  static let ratings: [(user: Int, item: Int, value: Float)] = [
    (0, 0, 5), (0, 1, 3), (0, 2, 4), (1, 0, 2), (1, 1, 5), (1, 2, 4.5), (2, 0, 4), (2, 3, 1),
  ]

  static func counts(_ side: Side) -> [UInt32] {
    var counts = [UInt32](repeating: 0, count: side == .user ? users.count : items.count)
    for rating in ratings { counts[side == .user ? rating.user : rating.item] += 1 }
    return counts
  }

  static func ids(_ side: Side) -> IdTable {
    let names = side == .user ? users : items
    var bytes: [UInt8] = []
    var offsets = [0]
    for name in names {
      bytes += Array(name.utf8)
      offsets.append(bytes.count)
    }
    return IdTable(bytes: bytes, offsets: offsets, counts: counts(side))
  }

  static func grids(_ users: Int = 2, _ items: Int = 2) -> PerSide<BlockGrid> {
    PerSide(
      user: BlockGrid(counts: counts(.user), blockCount: users),
      item: BlockGrid(counts: counts(.item), blockCount: items))
  }

  static func block(
    _ number: Int, _ side: Side, _ grids: PerSide<BlockGrid>, coded: Bool = true
  ) -> RatingBlock {
    let indices = grids[side].indices(ofBlock: number)
    var offsets = [0]
    var columns: [UInt32] = []
    var values: [Float] = []
    for index in indices {
      for rating in ratings where (side == .user ? rating.user : rating.item) == index {
        columns.append(UInt32(side == .user ? rating.item : rating.user))
        values.append(rating.value)
      }
      offsets.append(columns.count)
    }
    let dictionary = Array(Set(values)).sorted()
    let codes = values.map { UInt8(dictionary.firstIndex(of: $0) ?? 0) }
    return RatingBlock(
      side: side, block: number, firstIndex: indices.lowerBound, rowOffsets: offsets,
      columns: columns,
      values: coded ? .coded(codes: codes, dictionary: dictionary) : .plain(values),
      distinctColumnCount: Set(columns).count)
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
      for number in 0..<grids[side].blockCount {
        try writer.write(block(number, side, grids, coded: coded))
      }
      try writer.writeIds(ids(side), side: side)
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
    let count = side == .user ? users.count : items.count
    let table = try FactorTable(rowCount: count, rank: rank, hasBias: hasBias)
    for row in 0..<count {
      table.setRow(
        row, factors: (0..<rank).map { Float(row) + Float($0) / 16 }, bias: -Float(row))
    }
    return table
  }

  static func generationFacts(
    _ number: Int, of partition: Partition, rank: Int = 3
  ) throws(Failure) -> GenerationFacts {
    GenerationFacts(
      iteration: number, hyperparameters: try Hyperparameters(rank: rank), partition: partition,
      history: (0..<number).map {
        IterationRecord(objective: 12.5 - Double($0), rmse: 0.25, holdoutRmse: nil)
      },
      plannedIterations: 15)
  }

  /// Commits a generation of the worked factors.
  static func writeGeneration(
    _ number: Int, to model: ModelDirectory, of partition: Partition, rank: Int = 3,
    hasBias: Bool = false
  ) throws(Failure) {
    let writer = try model.beginGeneration(number)
    for side in Side.allCases {
      try writer.write(
        side, table: try factors(side, rank: rank, hasBias: hasBias),
        grid: partition.facts.grids[side])
    }
    try writer.commit(try generationFacts(number, of: partition, rank: rank))
  }
}

extension FactorTable {
  /// Every row's factors, then its bias.
  var rows: [[Float]] { (0..<rowCount).map { factors($0) + [bias($0)] } }
}
