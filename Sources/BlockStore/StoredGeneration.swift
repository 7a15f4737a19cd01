import BlockMatrix

/// A generation on the disk, opened to be read.
///
/// Its files are held open: training removes generations while others read them, and what has lost
/// its name can be read to the end by whoever has it open.
package struct StoredGeneration: Sendable {
  package let facts: GenerationFacts
  private let directory: String
  private let fileSystem: any FileSystem
  /// The open files of the first blocks of each side; `nil` where a file could not be opened.
  private let held: PerSide<[(any ReadableFile)?]>

  /// Files of each side that are held open; a process may have 1,024 in many places.
  private static let mostHeld = 256

  init(_ facts: GenerationFacts, in directory: String, _ fileSystem: any FileSystem) {
    self.facts = facts
    self.directory = directory
    self.fileSystem = fileSystem
    var held = PerSide(user: [(any ReadableFile)?](), item: [(any ReadableFile)?]())
    for side in Side.allCases {
      for block in facts.shards[side].indices.prefix(Self.mostHeld) {
        // Whoever reads it tries again, and is told what is wrong.
        held[side].append(
          try? fileSystem.open(Self.path(side, block, facts, directory), streaming: false))
      }
    }
    self.held = held
  }

  private static func path(
    _ side: Side, _ block: Int, _ facts: GenerationFacts, _ directory: String
  ) -> String {
    "\(directory)/\(facts.shard(side, block: block).fileName)"
  }

  /// The open file of a block.
  func file(_ side: Side, block: Int) throws(Failure) -> any ReadableFile {
    // The file that was checked, whatever has its name now.
    if block < held[side].count, let file = held[side][block] { return file }
    return try fileSystem.open(Self.path(side, block, facts, directory), streaming: false)
  }

  /// Checks every byte of a block's file.
  ///
  /// - Parameters:
  ///   - table: Takes the rows where it is given.
  ///   - first: The index of the table's first row.
  /// - Returns: The checksum of each piece, by which it is known again.
  @discardableResult
  func check(
    _ side: Side, block: Int, into table: FactorTable? = nil, from first: Int = 0
  ) throws(Failure) -> [FactorShard.PieceChecksum] {
    try facts.shard(side, block: block).check(
      try file(side, block: block), expected: facts.shards[side][block], into: table, from: first)
  }

  /// Reads the factors of some blocks of a side into memory, every byte checked.
  ///
  /// - Parameter blocks: `nil` for all.
  package func readTable(_ side: Side, blocks: Range<Int>? = nil) throws(Failure) -> FactorTable {
    let blocks = blocks ?? facts.shards[side].indices
    // Before memory is asked for, every file has to have its length.
    for block in blocks {
      let file = try file(side, block: block)
      try facts.shards[side][block].check(byteCount: file.byteCount, of: file.path)
    }
    let starts = facts.grids[side].starts
    let first = starts[blocks.lowerBound]
    let table = try FactorTable(
      rowCount: starts[blocks.upperBound] - first, rank: facts.rank, hasBias: facts.hasBias)
    for block in blocks { try check(side, block: block, into: table, from: first) }
    return table
  }

  /// Checks every byte of both sides, and leaves the factors where they are.
  ///
  /// - Throws: `.data` for the first block that is damaged.
  package func checkedRows(workers: Int) throws(Failure) -> PerSide<FactorRows> {
    try PerSide { side throws(Failure) in
      .stored(try StoredFactors(checking: side, of: self, workers: workers))
    }
  }
}
