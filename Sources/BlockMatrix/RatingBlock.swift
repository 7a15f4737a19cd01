/// The ratings of one block's rows: compressed sparse rows, columns ascending within a row.
package struct RatingBlock: Sendable, Equatable {
  /// The values of a block's ratings, in the order of its columns.
  package enum Values: Sendable, Equatable {
    /// Each value as it is.
    case plain([Float])
    /// Each value as a position in `dictionary`, of at most 256 ascending values.
    case coded(codes: [UInt8], dictionary: [Float])
  }

  /// The side that the rows belong to; the columns belong to the opposite side.
  package let side: Side
  /// The position of the block in the side's grid.
  package let block: Int
  /// The index of the block's first row.
  package let firstIndex: Int
  /// Where each row's ratings begin, and after the last row the number of ratings:
  /// `rowCount + 1` entries.
  package let rowOffsets: [Int]
  /// The opposite side's index of each rating.
  package let columns: [UInt32]
  package let values: Values
  /// The number of different columns: what the exchange has to bring to this block in a phase.
  package let distinctColumnCount: Int

  package var rowCount: Int { rowOffsets.count - 1 }
  package var ratingCount: Int { columns.count }
  package var indices: Range<Int> { firstIndex..<firstIndex + rowCount }

  /// Takes over the arrays of a block.
  ///
  /// - Precondition: The arrays fit each other. Whoever reads a block from a file has seen to the
  ///   rest: row offsets do not descend; columns are rows of the opposite side and do not descend
  ///   within a row (equal ones are duplicates that were kept on purpose); codes lie in the
  ///   dictionary; values are finite.
  package init(
    side: Side, block: Int, firstIndex: Int, rowOffsets: [Int], columns: [UInt32], values: Values,
    distinctColumnCount: Int
  ) {
    precondition(rowOffsets.first == 0 && rowOffsets.last == columns.count)
    switch values {
    case .plain(let plain): precondition(plain.count == columns.count)
    case .coded(let codes, let dictionary):
      precondition(codes.count == columns.count && dictionary.count <= 256)
    }
    self.side = side
    self.block = block
    self.firstIndex = firstIndex
    self.rowOffsets = rowOffsets
    self.columns = columns
    self.values = values
    self.distinctColumnCount = distinctColumnCount
  }

  /// The ratings of a row, as a range into `columns` and `values`.
  package func ratings(ofRow row: Int) -> Range<Int> { rowOffsets[row]..<rowOffsets[row + 1] }

  /// The value of a rating.
  package func value(at position: Int) -> Float {
    switch values {
    case .plain(let plain): plain[position]
    case .coded(let codes, let dictionary): dictionary[Int(codes[position])]
    }
  }
}
