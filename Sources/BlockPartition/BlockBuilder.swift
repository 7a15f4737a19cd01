import BlockMatrix
import RatingInput

/// Makes sorted ratings into a block.
package enum BlockBuilder {
  /// - Parameters:
  ///   - rows: The ratings of the block's rows, sorted by row and column, numbered by index.
  ///   - columnCount: Indices on the opposite side.
  package static func block(
    _ rows: [RatingRow], side: Side, number: Int, indices: Range<Int>, columnCount: Int
  ) -> RatingBlock {
    var rowOffsets = [Int](repeating: 0, count: indices.count + 1)
    var columns: [UInt32] = []
    columns.reserveCapacity(rows.count)
    // A byte a column, used or not: a set of the columns would take more than the block itself.
    var isUsed = [Bool](repeating: false, count: columnCount)
    var distinct = 0
    let first = indices.lowerBound
    for rating in rows {
      let (row, column) = side == .user ? (rating.user, rating.item) : (rating.item, rating.user)
      rowOffsets[Int(row) - first + 1] += 1
      columns.append(column)
      if !isUsed[Int(column)] {
        isUsed[Int(column)] = true
        distinct += 1
      }
    }
    for row in 0..<indices.count { rowOffsets[row + 1] += rowOffsets[row] }
    return RatingBlock(
      side: side, block: number, firstIndex: first, rowOffsets: rowOffsets, columns: columns,
      values: values(rows), distinctColumnCount: distinct)
  }

  /// Values by a dictionary where at most 256 different ones occur.
  package static func values(_ rows: [RatingRow]) -> RatingBlock.Values {
    var dictionary = ValueDictionary()
    var codes: [UInt8] = []
    codes.reserveCapacity(rows.count)
    for row in rows {
      guard let code = dictionary.code(of: row.value) else { return .plain(rows.map(\.value)) }
      codes.append(code)
    }
    let (sorted, newCodes) = dictionary.ascending()
    // Codes ascend with their values, so that equal blocks are equal bytes, whichever value came
    // first.
    if newCodes != Array(newCodes.indices).map(UInt8.init) {
      for index in codes.indices { codes[index] = newCodes[Int(codes[index])] }
    }
    return .coded(codes: codes, dictionary: sorted)
  }
}

/// Up to 256 different values, coded in the order in which they come.
private struct ValueDictionary {
  private var values: [Float] = []
  /// The code + 1 of the value in a slot; 0 where it is free.
  // Four places for each value there may be: hardly ever is one taken.
  private var slots = [UInt16](repeating: 0, count: 1024)

  /// The code of a value; `nil` where there are more than 256.
  @inline(__always)
  mutating func code(of value: Float) -> UInt8? {
    // Ratings like 0.5, 1 and 1.5 differ in their upper bits alone; of the product, the upper ten
    // have a part of all.
    var slot = Int((value.bitPattern &* 0x9E37_79B1) >> 22)
    while slots[slot] != 0 {
      let code = slots[slot] - 1
      if values[Int(code)] == value { return UInt8(code) }
      slot = (slot + 1) & 1023
    }
    guard values.count < 256 else { return nil }
    values.append(value)
    slots[slot] = UInt16(values.count)
    return UInt8(values.count - 1)
  }

  /// The values in ascending order, and the place there of each code.
  func ascending() -> (values: [Float], codes: [UInt8]) {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var codes = [UInt8](repeating: 0, count: values.count)
    for (place, code) in order.enumerated() { codes[code] = UInt8(place) }
    return (order.map { values[$0] }, codes)
  }
}
