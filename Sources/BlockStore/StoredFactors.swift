import BlockMatrix
import Workers

/// The factors of one side of a generation, in files that were found whole.
///
/// What is read later is held against checksums of what was found: no number is believed that is
/// not one of those that the manifest vouches for.
package struct StoredFactors: Sendable {
  private let generation: StoredGeneration
  private let side: Side
  /// The pieces of each block.
  private let pieces: [[FactorShard.PieceChecksum]]

  package var rowCount: Int { generation.facts.rowCount(of: side) }
  package var rank: Int { generation.facts.rank }
  package var hasBias: Bool { generation.facts.hasBias }

  /// Checks every byte of a side's files.
  ///
  /// - Throws: `.data` for the first block that is damaged.
  init(
    checking side: Side, of generation: StoredGeneration, workers: Int
  ) throws(Failure) {
    self.init(
      side, of: generation,
      pieces: try Parallel.map(generation.facts.shards[side].count, workers: workers) {
        block throws(Failure) in try generation.check(side, block: block)
      })
  }

  /// Takes over what checking each block has returned.
  init(
    _ side: Side, of generation: StoredGeneration, pieces: [[FactorShard.PieceChecksum]]
  ) {
    self.generation = generation
    self.side = side
    self.pieces = pieces
  }

  func table(of indices: [UInt32], workers: Int) throws(Failure) -> FactorTable {
    let table = try FactorTable(rowCount: indices.count, rank: rank, hasBias: hasBias)
    // As a rule they ascend, and there is nothing to sort.
    let order = indices.indices.sorted { (indices[$0], $0) < (indices[$1], $1) }
    let runs = runs(of: order, indices)
    _ = try Parallel.map(runs.count, workers: workers) { number throws(Failure) in
      let run = runs[number]
      let end = number + 1 < runs.count ? runs[number + 1].start : order.count
      let shard = generation.facts.shard(side, block: run.block)
      try shard.read(
        piece: run.piece, of: try generation.file(side, block: run.block),
        known: pieces[run.block][run.piece],
        moves: order[run.start..<end].map { (Int(indices[$0]) - shard.indices.lowerBound, $0) },
        into: table)
    }
    return table
  }

  /// Rows of one piece that are wanted, from a place in their order to where the next run begins.
  private struct Run {
    let start: Int
    let block: Int
    let piece: Int
  }

  /// Cuts rows in ascending order where another piece begins.
  private func runs(of order: [Int], _ indices: [UInt32]) -> [Run] {
    let grid = generation.facts.grids[side]
    var runs: [Run] = []
    /// The first index behind the piece of the last run.
    var next = 0
    for (start, position) in order.enumerated() {
      let index = Int(indices[position])
      guard index >= next else { continue }
      let block = grid.block(containing: index)
      let shard = generation.facts.shard(side, block: block)
      let piece = (index - shard.indices.lowerBound) / shard.pieceRows
      runs.append(Run(start: start, block: block, piece: piece))
      next = shard.indices.lowerBound + shard.rows(ofPiece: piece).upperBound
    }
    return runs
  }
}
