import BlockMatrix

/// The rows of a side that a rank refers to, numbered without gaps.
///
/// Positions ascend with the indices: a column that becomes a position stays in its place, and so
/// does everything that is summed over columns. A bit a row, and for each 64 rows the number before
/// them: 12 bytes for 64 rows of the side.
package struct WantedRows: Sendable, Equatable {
  private var bits: [UInt64]
  private var before: [UInt32] = []
  /// Rows of the whole side.
  package let rowCount: Int

  package init(rowCount: Int) {
    self.rowCount = rowCount
    bits = Array(repeating: 0, count: (rowCount + 63) / 64)
  }

  /// Takes rows in; positions mean nothing before ``number()``.
  package mutating func insert(_ indices: some Sequence<UInt32>) {
    for index in indices { bits[Int(index >> 6)] |= 1 << UInt64(index & 63) }
  }

  /// Numbers the rows.
  package mutating func number() {
    before = []
    before.reserveCapacity(bits.count + 1)
    var count: UInt32 = 0
    for word in bits {
      before.append(count)
      count += UInt32(word.nonzeroBitCount)
    }
    before.append(count)
  }

  /// How many there are.
  package var count: Int { Int(before.last ?? 0) }

  /// The position of a row; for one that is not wanted, that of the next one that is.
  @inline(__always)
  package func position(of index: Int) -> Int {
    guard index < rowCount else { return count }
    let (word, bit) = (index >> 6, UInt64(index & 63))
    return Int(before[word]) + (bits[word] & ((1 << bit) - 1)).nonzeroBitCount
  }

  /// How many are in a range of indices.
  package func count(in range: Range<Int>) -> Int {
    position(of: range.upperBound) - position(of: range.lowerBound)
  }

  /// The wanted rows in a range of indices, ascending.
  package func indices(in range: Range<Int>) -> [UInt32] {
    var found: [UInt32] = []
    var index = range.lowerBound
    while index < range.upperBound {
      let rest = bits[index >> 6] >> UInt64(index & 63)
      if rest == 0 {
        index = (index | 63) + 1
      } else {
        index += rest.trailingZeroBitCount
        if index < range.upperBound { found.append(UInt32(index)) }
        index += 1
      }
    }
    return found
  }
}
