import BlockMatrix
import CSystem
import FactorExchange
import LeastSquares
import Workers

/// The ratings of some rows of a square grid in memory, cut into its cells, each in a random order.
///
/// Cells of one diagonal share neither users nor items, so that workers step through them at once
/// without touching each other's factors. A row of the grid belongs to one rank, from the first
/// epoch to the last.
struct RatingGrid: Sendable {
  /// How users and items are cut: as many blocks of each.
  let blocks: PerSide<BlockGrid>
  /// The rows of each rank.
  let runs: [Range<Int>]
  /// Those of this one.
  let rows: Range<Int>
  /// The ratings of the cell (row, item block) at `(row - rows.lowerBound) · size + itemBlock`;
  /// users and items are counted from the first of their blocks.
  let cells: [[StochasticRating]]
  /// The ratings of each user of these rows.
  let userCounts: [UInt32]
  /// The rank that has each row.
  private let owners: [Int]

  var size: Int { blocks.user.blockCount }
  /// The users of each rank.
  var users: [Range<Int>] {
    runs.map { blocks.user.starts[$0.lowerBound]..<blocks.user.starts[$0.upperBound] }
  }

  /// Reads all ratings of this rank's rows.
  ///
  /// The order within a cell is a permutation keyed by the seed and the cell; the grid is balanced
  /// anew, so that neither the partition's own blocks nor the ranks make a difference.
  ///
  /// - Complexity: O(ratings) time; 12 bytes a rating.
  init(_ source: RatingBlockSource, size: Int, seed: UInt64, ranks: Ranks) throws(Failure) {
    let cuts = try PerSide { side throws(Failure) in
      try Self.cut(source, side, size: size, ranks)
    }
    let blocks = cuts.map(\.grid)
    let runs = Ownership.runs(cuts.user.weights.map { Double($0) }, rankCount: ranks.count)
    let rows = runs[ranks.rank]
    let users = blocks.user.starts[rows.lowerBound]..<blocks.user.starts[rows.upperBound]
    // Counted first, so that no cell has to grow: growing would take twice the memory.
    var counts = [Int](repeating: 0, count: rows.count * size)
    var userCounts = [UInt32](repeating: 0, count: users.count)
    try Self.visit(source, blocks, rows) { cell, user, _ in
      counts[cell] += 1
      userCounts[user - users.lowerBound] += 1
    }
    var cells = counts.map { count in
      var cell: [StochasticRating] = []
      cell.reserveCapacity(count)
      return cell
    }
    try Self.visit(source, blocks, rows) { cell, _, rating in cells[cell].append(rating) }
    for cell in cells.indices {
      var random = SplitMix64(seed: seed, stream: UInt64(rows.lowerBound * size + cell))
      Self.shuffle(&cells[cell], &random)
    }
    self.blocks = blocks
    self.runs = runs
    self.rows = rows
    self.cells = cells
    self.userCounts = userCounts
    owners = runs.enumerated().flatMap { rank, run in run.map { _ in rank } }
  }

  /// Cuts a side together: each rank goes on through the counts of the rows that it owns.
  private static func cut(
    _ source: RatingBlockSource, _ side: Side, size: Int, _ ranks: Ranks
  ) throws(Failure) -> BlockCut {
    let counts = source.counts[side]
    let ratings = try ranks.totals([counts.reduce(0) { $0 + Int($1) }])[0]
    var cut = BlockCut(
      blockCount: size, rowCount: source.grids[side].rowCount, ratingCount: ratings)
    let state = try ranks.fold(cut.state.map { Double($0) }) { before in
      cut.resume(before.map { Int(exactly: $0) ?? 0 })
      cut.add(counts)
      return cut.state.map { Double($0) }
    }
    cut.resume(state.map { Int(exactly: $0) ?? 0 })
    return cut
  }

  /// Calls `body` for each rating of some rows of the grid, in the order of (user, item), with its
  /// cell and its user.
  private static func visit(
    _ source: RatingBlockSource, _ blocks: PerSide<BlockGrid>, _ rows: Range<Int>,
    _ body: (_ cell: Int, _ user: Int, StochasticRating) -> Void
  ) throws(Failure) {
    let users = blocks.user.starts[rows.lowerBound]..<blocks.user.starts[rows.upperBound]
    let shards = source.grids.user
    for number in 0..<shards.blockCount where shards.indices(ofBlock: number).overlaps(users) {
      let block = try source.wholeBlock(number, of: .user)
      for row in 0..<block.rowCount where !block.ratings(ofRow: row).isEmpty {
        let user = block.firstIndex + row
        guard users.contains(user) else { continue }
        let gridRow = blocks.user.block(containing: user)
        let first = (gridRow - rows.lowerBound) * blocks.item.blockCount
        let position = UInt32(user - blocks.user.starts[gridRow])
        var itemBlock = 0
        var items = blocks.item.indices(ofBlock: 0)
        for rating in block.ratings(ofRow: row) {
          let item = Int(block.columns[rating])
          // Items ascend, so that most are in the block of the one before.
          if !items.contains(item) {
            itemBlock = blocks.item.block(containing: item)
            items = blocks.item.indices(ofBlock: itemBlock)
          }
          body(
            first + itemBlock, user,
            StochasticRating(
              user: position, item: UInt32(item - items.lowerBound),
              value: block.value(at: rating)))
        }
      }
    }
  }

  /// The root mean square of the ratings' distance from a number: cells are summed in Double, and
  /// their sums in order.
  ///
  /// `RatingBlockSource.mean` sums by users and would say the same up to rounding; but rates and
  /// first factors follow from this number, and so the bytes of every model that descent gave.
  func deviation(from center: Double, workers: Int, ranks: Ranks) throws(Failure) -> Double {
    let sums = try Parallel.map(cells.count, workers: workers) { number throws(Failure) in
      cells[number].reduce(0.0) { sum, rating in
        let distance = Double(rating.value) - center
        return sum + distance * distance
      }
    }
    let sum = try ranks.fold([0]) { [sums.reduce($0[0], +)] }[0]
    let count = try ranks.totals([cells.reduce(0) { $0 + $1.count }])[0]
    return rootMeanSquare(sum, count: count) ?? 0
  }

  /// Fisher and Yates' shuffle.
  private static func shuffle<Element>(_ elements: inout [Element], _ random: inout SplitMix64) {
    for position in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(position, random.below(position + 1))
    }
  }

  /// The order of the diagonals in an epoch: a permutation keyed by the seed and the epoch.
  func diagonals(epoch: Int, seed: UInt64) -> [Int] {
    var order = Array(0..<size)
    var random = SplitMix64(seed: seed, stream: UInt64(epoch) | 1 << 63)
    Self.shuffle(&order, &random)
    return order
  }

  /// The item block of a row's cell on a diagonal.
  func itemBlock(ofRow row: Int, on diagonal: Int) -> Int { (row + diagonal) % size }

  /// The rank in whose row an item block is on a diagonal.
  func owner(ofItemBlock block: Int, on diagonal: Int) -> Int {
    owners[(block - diagonal + size) % size]
  }

  /// The ratings of each diagonal, those of all ranks.
  func diagonalCounts(_ ranks: Ranks) throws(Failure) -> [Int] {
    try ranks.totals(
      (0..<size).map { diagonal in
        rows.reduce(0) { $0 + cell($1, on: diagonal).count }
      })
  }

  /// The ratings of a row's cell on a diagonal.
  func cell(_ row: Int, on diagonal: Int) -> [StochasticRating] {
    cells[(row - rows.lowerBound) * size + itemBlock(ofRow: row, on: diagonal)]
  }
}
