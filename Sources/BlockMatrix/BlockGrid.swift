/// How one side's indices are cut into blocks: contiguous ranges, in order, none left out.
package struct BlockGrid: Sendable, Equatable {
  /// The first index of each block, and after the last block the number of rows: `blockCount + 1`
  /// entries, not descending, beginning with 0.
  package let starts: [Int]

  package var blockCount: Int { starts.count - 1 }
  package var rowCount: Int { starts[blockCount] }

  /// Takes over block starts; `nil` where they do not describe a grid.
  package init?(starts: [Int]) {
    guard starts.count >= 2, starts[0] == 0, zip(starts, starts.dropFirst()).allSatisfy(<=)
    else { return nil }
    self.starts = starts
  }

  /// The indices of a block; empty where there are more blocks than rows.
  package func indices(ofBlock block: Int) -> Range<Int> { starts[block]..<starts[block + 1] }

  /// The block that holds an index.
  ///
  /// - Complexity: O(log `blockCount`).
  package func block(containing index: Int) -> Int {
    precondition(index >= 0 && index < rowCount, "index \(index) of \(rowCount)")
    var low = 0
    var high = blockCount
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= index { low = middle } else { high = middle }
    }
    return low
  }

  /// The block of each index.
  package func blockNumbers() -> [UInt32] {
    var numbers: [UInt32] = []
    numbers.reserveCapacity(rowCount)
    for block in 0..<blockCount {
      numbers += repeatElement(UInt32(block), count: indices(ofBlock: block).count)
    }
    return numbers
  }

  /// Cuts a side so that every block has about as many ratings as the others.
  ///
  /// Indices descend by count, so equal ranges would put most ratings into the first block. A row
  /// weighs its ratings and one more, for the work that each row costs.
  ///
  /// - Parameters:
  ///   - counts: The ratings of each row.
  ///   - blockCount: At least 1; blocks past the last row are empty.
  /// - Complexity: O(rows).
  package init(counts: [UInt32], blockCount: Int) {
    var cut = BlockCut(
      blockCount: blockCount, rowCount: counts.count,
      ratingCount: counts.reduce(0) { $0 + Int($1) })
    cut.add(counts)
    self = cut.grid
  }

  fileprivate init(cutAt starts: [Int]) { self.starts = starts }
}

/// A cut of a side into blocks of about as many ratings, in the making.
///
/// It goes from row to row, so that whoever holds only some of the rows can take it over from the
/// holder of those before, and hand it on.
package struct BlockCut: Sendable {
  private let blockCount: Int
  private let rowCount: Int
  /// What all rows weigh.
  private let total: Int
  /// What the rows so far weigh, and how many they are.
  private var weight = 0
  private var index = 0
  /// Where blocks begin, and what the rows before each weigh.
  private var starts = [0]
  private var before = [0]

  package init(blockCount: Int, rowCount: Int, ratingCount: Int) {
    precondition(blockCount >= 1)
    self.blockCount = blockCount
    self.rowCount = rowCount
    total = ratingCount + rowCount
  }

  /// Goes on through the next rows.
  package mutating func add(_ counts: [UInt32]) {
    for count in counts {
      // A block begins where the rows before it weigh its share of the whole.
      while starts.count < blockCount, weight * blockCount >= total * starts.count {
        starts.append(index)
        before.append(weight)
      }
      weight += Int(count) + 1
      index += 1
    }
  }

  /// The cut, when all rows have been added; blocks past the last row are empty.
  package var grid: BlockGrid {
    BlockGrid(
      cutAt: starts + Array(repeating: rowCount, count: blockCount + 1 - starts.count))
  }

  /// What the rows of each block weigh.
  package var weights: [Int] {
    let ends = before.dropFirst() + Array(repeating: total, count: blockCount + 1 - before.count)
    return zip(before + Array(repeating: total, count: blockCount - before.count), ends)
      .map { $1 - $0 }
  }

  /// How far it has come, as a fixed count of whole numbers: `2 · blockCount + 3`.
  package var state: [Int] {
    let missing = Array(repeating: 0, count: blockCount - starts.count)
    return [weight, index, starts.count] + starts + missing + before + missing
  }

  /// Goes on from where another has come to.
  package mutating func resume(_ state: [Int]) {
    guard state.count == 2 * blockCount + 3, (1...blockCount).contains(state[2]) else { return }
    weight = state[0]
    index = state[1]
    starts = Array(state[3...].prefix(state[2]))
    before = Array(state[(3 + blockCount)...].prefix(state[2]))
  }
}
