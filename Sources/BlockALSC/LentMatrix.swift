import BlockMatrix
import RatingInput

/// A sparse matrix of the caller's: rows that are read where they lie.
struct LentMatrix: @unchecked Sendable {
  enum Indices {
    case narrow(UnsafePointer<Int32>)
    case wide(UnsafePointer<Int64>)
  }
  enum Values {
    case ones
    case single(UnsafePointer<Float>)
    case double(UnsafePointer<Double>)
  }

  let rowCount: Int
  let columnCount: Int
  let count: Int
  private let starts: UnsafePointer<Int64>
  private let indices: Indices
  private let values: Values

  var hasValues: Bool { if case .ones = values { false } else { true } }

  /// Takes a view, and checks that the row starts describe rows.
  init(
    rows: Int64, columns: Int64, starts: UnsafePointer<Int64>?, indices: UnsafeRawPointer?,
    indexType: Int32, values: UnsafeRawPointer?, valueType: Int32
  ) throws(Failure) {
    // One number stands for what is not known.
    let most = Int(UInt32.max) - 1
    rowCount = try checkedCount(rows, "rows", most: most)
    columnCount = try checkedCount(columns, "columns", most: most)
    self.starts = try required(starts, "indptr")
    guard self.starts[0] == 0 else { throw Failure(.data, at: "indptr", "does not begin with 0") }
    for row in 0..<rowCount where self.starts[row] > self.starts[row + 1] {
      throw Failure(.data, at: "indptr", "descends after row \(row)")
    }
    count = Int(self.starts[rowCount])
    switch indexType {
    case 1: self.indices = .narrow(try Self.numbers(indices, "indices", Int32.self, count))
    case 2: self.indices = .wide(try Self.numbers(indices, "indices", Int64.self, count))
    default: throw Failure(.usage, at: "index_type", "\(indexType) is none")
    }
    switch valueType {
    case 0: self.values = .ones
    case 3: self.values = .single(try Self.numbers(values, "values", Float.self, count))
    case 4: self.values = .double(try Self.numbers(values, "values", Double.self, count))
    default: throw Failure(.usage, at: "value_type", "\(valueType) is none")
    }
  }

  private static func numbers<Number>(
    _ pointer: UnsafeRawPointer?, _ name: String, _: Number.Type, _ count: Int
  ) throws(Failure) -> UnsafePointer<Number> {
    // An empty array has no address that anybody reads.
    guard count > 0 else { return UnsafePointer(UnsafeMutablePointer.allocate(capacity: 0)) }
    let pointer = try required(pointer, name)
    guard Int(bitPattern: pointer) % MemoryLayout<Number>.alignment == 0 else {
      throw Failure(.usage, at: name, "does not begin at a multiple of its numbers' size")
    }
    return pointer.assumingMemoryBound(to: Number.self)
  }

  @inline(__always)
  func column(_ position: Int) -> Int {
    switch indices {
    case .narrow(let pointer): Int(pointer[position])
    case .wide(let pointer): Int(pointer[position])
    }
  }

  @inline(__always)
  func value(_ position: Int) -> Float {
    switch values {
    case .ones: 1
    case .single(let pointer): pointer[position]
    case .double(let pointer): Float(pointer[position])
    }
  }

  func positions(ofRow row: Int) -> Range<Int> { Int(starts[row])..<Int(starts[row + 1]) }

  /// Checks columns and values, and counts the ratings of each side.
  ///
  /// - Throws: `.data` naming the row of the first that is wrong.
  func checkedCounts() throws(Failure) -> PerSide<[UInt32]> {
    var counts = PerSide(
      user: [UInt32](repeating: 0, count: rowCount),
      item: [UInt32](repeating: 0, count: columnCount))
    for row in 0..<rowCount {
      for position in positions(ofRow: row) {
        let column = column(position)
        guard column >= 0, column < columnCount else {
          throw Failure(
            .data, at: "row \(row)",
            "has the column \(column), which is not between 0 and \(columnCount - 1)")
        }
        guard value(position).isFinite else {
          throw Failure(
            .data, at: "row \(row)",
            "has the value \(value(position)) in column \(column), which is no finite number")
        }
        counts.item[column] &+= 1
      }
      counts.user[row] = UInt32(truncatingIfNeeded: positions(ofRow: row).count)
    }
    return counts
  }

  /// The ratings at some positions.
  func ratings(_ range: Range<Int>) -> [RatingRow] {
    var rows: [RatingRow] = []
    rows.reserveCapacity(range.count)
    // The row that holds the first position: the last that begins at or before it.
    var (row, end) = (0, rowCount)
    while end - row > 1 {
      let middle = (row + end) / 2
      if Int(starts[middle]) <= range.lowerBound { row = middle } else { end = middle }
    }
    for position in range {
      while position >= Int(starts[row + 1]) { row += 1 }
      rows.append(
        RatingRow(
          user: UInt32(row), item: UInt32(column(position)), value: value(position)))
    }
    return rows
  }
}

extension IdTable {
  /// The numbers from 0 on in decimal digits.
  init(numbersWithCounts counts: [UInt32]) {
    var (bytes, offsets) = ([UInt8](), [0])
    offsets.reserveCapacity(counts.count + 1)
    for number in counts.indices {
      bytes += String(number).utf8
      offsets.append(bytes.count)
    }
    self.init(bytes: bytes, offsets: offsets, counts: counts)
  }
}
