import BlockMatrix
import CSystem
import LeastSquares
import Workers

/// All ratings in memory, cut into the cells of a square grid, each in a random order.
///
/// Cells of one diagonal share neither users nor items, so that workers step through them at once
/// without touching each other's factors.
struct RatingGrid: Sendable {
  let size: Int
  /// The ratings of the cell (user block, item block), at `userBlock · size + itemBlock`.
  let cells: [[StochasticRating]]

  /// Reads all ratings.
  ///
  /// The order within a cell is a permutation keyed by the seed and the cell; the grid is balanced
  /// anew, so that the partition's own blocks make no difference.
  ///
  /// - Complexity: O(ratings) time; 12 bytes a rating.
  init(_ source: RatingBlockSource, size: Int, seed: UInt64) throws(Failure) {
    let users = BlockGrid(counts: source.counts.user, blockCount: size)
    let itemBlocks = BlockGrid(counts: source.counts.item, blockCount: size).blockNumbers()
    // Counted first, so that no cell has to grow: growing would take twice the memory.
    var counts = [Int](repeating: 0, count: size * size)
    try Self.visit(source, users, itemBlocks) { cell, _ in counts[cell] += 1 }
    var cells = counts.map { count in
      var cell: [StochasticRating] = []
      cell.reserveCapacity(count)
      return cell
    }
    try Self.visit(source, users, itemBlocks) { cell, rating in cells[cell].append(rating) }
    for cell in cells.indices {
      var random = SplitMix64(seed: seed, stream: UInt64(cell))
      Self.shuffle(&cells[cell], &random)
    }
    self.size = size
    self.cells = cells
  }

  /// Calls `body` for each rating, in the order of (user, item), with its cell.
  private static func visit(
    _ source: RatingBlockSource, _ users: BlockGrid, _ itemBlocks: [UInt32],
    _ body: (_ cell: Int, StochasticRating) -> Void
  ) throws(Failure) {
    for number in 0..<source.grids.user.blockCount {
      let block = try source.block(number, of: .user)
      for row in 0..<block.rowCount where !block.ratings(ofRow: row).isEmpty {
        let user = block.firstIndex + row
        let first = users.block(containing: user) * users.blockCount
        for position in block.ratings(ofRow: row) {
          let item = block.columns[position]
          body(
            first + Int(itemBlocks[Int(item)]),
            StochasticRating(user: UInt32(user), item: item, value: block.value(at: position)))
        }
      }
    }
  }

  /// The root mean square of the ratings' distance from a number: cells are summed in Double, and
  /// their sums in order.
  ///
  /// `RatingBlockSource.mean` sums by users and would say the same up to rounding; but rates and
  /// first factors follow from this number, and so the bytes of every model that descent gave.
  func deviation(from center: Double, workers: Int) throws(Failure) -> Double {
    let sums = try Parallel.map(cells.count, workers: workers) { number throws(Failure) in
      cells[number].reduce(0.0) { sum, rating in
        let distance = Double(rating.value) - center
        return sum + distance * distance
      }
    }
    let count = cells.reduce(0) { $0 + $1.count }
    return rootMeanSquare(sums.reduce(0, +), count: count) ?? 0
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
}
