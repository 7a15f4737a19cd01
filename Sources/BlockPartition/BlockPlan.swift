import BlockMatrix

/// A grid whose blocks fit into memory, and how many workers may hold one at once.
struct BlockPlan: Sendable {
  let grid: BlockGrid
  let workers: Int

  static let mostBlocks = 1 << 20
  // Some ten megabytes when it is decoded: little for any machine's memory, and much more work than
  // opening a file is.
  private static let ratingsPerBlock = 1_000_000

  /// - Parameters:
  ///   - counts: Ratings of each row.
  ///   - wanted: The number of blocks; `nil` for one per million ratings, or as many more as memory
  ///     demands.
  ///   - work: Bytes for the buffers of all workers, enough for the largest of the wanted blocks,
  ///     or for the longest row (``PartitionMemory``); `nil` where there is no limit.
  /// - Throws: `.data` where a block has more ratings than can be sorted.
  init(
    counts: [UInt32], wanted: Int?, work: Int?, workers: Int, side: Side
  ) throws(Failure) {
    let total = counts.reduce(0) { $0 + Int($1) }
    // Sorting counts in 32 bits.
    let sortable = Int(Int32.max)
    let mostRatings = min(
      sortable, work.map { $0 / PartitionMemory.workByteCountPerRating } ?? .max)
    let standard = max(1, (total + Self.ratingsPerBlock - 1) / Self.ratingsPerBlock)
    var blockCount = min(wanted ?? standard, Self.mostBlocks)
    var grid = BlockGrid(counts: counts, blockCount: blockCount)
    // Doubled: each try costs a pass over all rows.
    while wanted == nil, Self.largestBlock(grid, counts) > mostRatings,
      blockCount < Self.mostBlocks
    {
      blockCount = min(blockCount * 2, Self.mostBlocks)
      grid = BlockGrid(counts: counts, blockCount: blockCount)
    }
    let largest = Self.largestBlock(grid, counts)
    guard largest <= sortable else {
      throw Failure(
        .data, "a block of \(side.plural) has \(largest) ratings",
        hint: "at most \(sortable) can be in one")
    }
    self.grid = grid
    let bytesEach = max(1, largest) * PartitionMemory.workByteCountPerRating
    self.workers = min(workers, max(1, work.map { $0 / bytesEach } ?? workers))
  }

  private static func largestBlock(_ grid: BlockGrid, _ counts: [UInt32]) -> Int {
    (0..<grid.blockCount).reduce(0) { largest, block in
      max(largest, counts[grid.indices(ofBlock: block)].reduce(0) { $0 + Int($1) })
    }
  }
}
