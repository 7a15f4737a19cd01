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
    precondition(blockCount >= 1)
    let total = counts.reduce(counts.count) { $0 + Int($1) }
    var starts = [0]
    var weight = 0
    for (index, count) in counts.enumerated() {
      // A block begins where the rows before it weigh its share of the whole.
      while starts.count < blockCount, weight * blockCount >= total * starts.count {
        starts.append(index)
      }
      weight += Int(count) + 1
    }
    while starts.count <= blockCount { starts.append(counts.count) }
    self.starts = starts
  }
}
