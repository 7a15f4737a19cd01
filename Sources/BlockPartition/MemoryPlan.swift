import BlockMatrix
import RatingInput

/// How `--memory` is shared out.
///
/// While text is read, a quarter is for ratings, a quarter for the workers' buffers, and half for
/// the ids. When all ids are known, half of what they leave is for ratings between stages, and half
/// for the workers' buffers. Ratings that do not fit go to spill files.
struct MemoryPlan: Sendable {
  /// Nil where there is no limit.
  let limit: Int?
  let workers: Int

  /// Buffers for a rating while a cell or block is sorted, built and written: two sort buffers, the
  /// block, and what it is encoded to.
  static let workByteCountPerRating = 48

  /// For a rating of the hold-out, which is sorted and written in one piece: two sort buffers, then
  /// three columns and what they are encoded to.
  static let holdoutByteCountPerRating = 28

  /// For ratings while text is read.
  var readingLimit: Int? { limit.map { $0 / 4 } }

  /// Text that a worker takes at a time.
  ///
  /// Its buffers take about six times as much.
  var chunkByteCount: Int {
    guard let limit else { return InputLimits.chunkByteCount }
    return min(max(limit / (24 * workers), 1 << 16), InputLimits.chunkByteCount)
  }

  /// Refuses ids that leave no room while text is still being read.
  ///
  /// - Parameter byteCount: What all workers' ids take.
  func checkIds(_ byteCount: Int) throws(Failure) {
    guard let limit, byteCount > limit / 2 else { return }
    throw Failure(
      .memory, at: "--memory",
      "\(limit) bytes are too few: the ids take \(byteCount) so far, and half may be theirs",
      hint: "give at least --memory \(byteCount * 4), or use fewer --workers")
  }

  /// What is left for ratings, and as much again for workers' buffers, beside the ids; nothing
  /// where there is no limit.
  func byteCount(beside ids: PerSide<MergedSide>) throws(Failure) -> Int? {
    guard let limit else { return nil }
    let idByteCount = Side.allCases.reduce(0) { sum, side in
      let merged = ids[side]
      let numbers = merged.numbers.reduce(0) { $0 + $1.count * 4 }
      // Once more as a table by index, and per id: counts of each worker, fate, index, block, hash.
      return sum + numbers + 2 * merged.ids.byteCount + merged.ids.count * (24 + 4 * workers)
    }
    // A sixteenth stays free: for what was freed and not yet given back to the system.
    let left = (limit / 16 * 15 - idByteCount) / 2
    guard left >= 1 << 14 else {
      throw Failure(
        .memory, at: "--memory",
        "\(limit) bytes are too few: the ids of \(ids.user.ids.count) users and "
          + "\(ids.item.ids.count) items take \(idByteCount)",
        hint: "give at least --memory \(idByteCount * 2 + (1 << 20))")
    }
    return left
  }

  /// What ratings may take that are held while the hold-out is written.
  ///
  /// - Parameter work: What is left for ratings, and as much again for buffers.
  /// - Throws: `.memory` where the hold-out alone is too large.
  func heldByteCount(besideHoldoutOf count: Int, work: Int) throws(Failure) -> Int {
    let needed = count * Self.holdoutByteCountPerRating
    guard needed > work else { return work }
    guard needed <= 2 * work else {
      throw Failure(
        .memory, at: "--memory", "the hold-out has \(count) ratings, which do not fit",
        hint: "give at least --memory \((limit ?? 0) + (needed - 2 * work) / 8 * 9 + (1 << 20))")
    }
    return 2 * work - needed
  }
}

/// A grid whose blocks fit into memory, and how many workers may hold one at once.
struct BlockPlan: Sendable {
  let grid: BlockGrid
  let workers: Int

  package static let mostBlocks = 1 << 20
  private static let ratingsPerBlock = 1_000_000

  /// - Parameters:
  ///   - counts: Ratings of each row.
  ///   - wanted: The number of blocks; nothing for one per million ratings, or as many more as
  ///     memory demands.
  ///   - work: Bytes for the buffers of all workers; nothing where there is no limit.
  /// - Throws: `.memory` where a block or the longest row does not fit.
  init(
    counts: [UInt32], wanted: Int?, work: Int?, workers: Int, side: Side
  ) throws(Failure) {
    let total = counts.reduce(0) { $0 + Int($1) }
    let mostRatings = min(
      Int(Int32.max), work.map { $0 / MemoryPlan.workByteCountPerRating } ?? Int.max)
    let standard = max(1, (total + Self.ratingsPerBlock - 1) / Self.ratingsPerBlock)
    var blockCount = min(wanted ?? standard, Self.mostBlocks)
    var grid = BlockGrid(counts: counts, blockCount: blockCount)
    var largest = Self.largestBlock(grid, counts)
    while largest > mostRatings {
      let longest = counts.reduce(0) { max($0, Int($1)) }
      guard longest <= mostRatings, blockCount < Self.mostBlocks else {
        throw Failure(
          .memory, at: "--memory", "one \(side.rawValue) has \(longest) ratings, which do not fit",
          hint: "give at least --memory \((longest + 1) * MemoryPlan.workByteCountPerRating * 4)")
      }
      blockCount = min(blockCount * 2, Self.mostBlocks)
      grid = BlockGrid(counts: counts, blockCount: blockCount)
      let tooLarge = largest
      largest = Self.largestBlock(grid, counts)
      if let wanted, largest <= mostRatings {
        throw Failure(
          .memory, at: "--\(side.rawValue)-blocks",
          "of \(wanted) blocks, the largest has \(tooLarge) ratings, which do not fit",
          hint: "use --\(side.rawValue)-blocks \(blockCount), or a larger --memory")
      }
    }
    self.grid = grid
    let bytesEach = max(1, largest) * MemoryPlan.workByteCountPerRating
    self.workers = min(workers, max(1, work.map { $0 / bytesEach } ?? workers))
  }

  private static func largestBlock(_ grid: BlockGrid, _ counts: [UInt32]) -> Int {
    (0..<grid.blockCount).reduce(0) { largest, block in
      max(largest, counts[grid.indices(ofBlock: block)].reduce(0) { $0 + Int($1) })
    }
  }
}
