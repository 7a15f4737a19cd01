import RatingInput

/// Stable counting sorts of ratings.
enum RowSort {
  /// Sorts by user, then by item; equal pairs stay in their order.
  ///
  /// - Parameters:
  ///   - users: A range that holds all users in `rows`.
  ///   - itemCount: All items lie below.
  /// - Complexity: O(rows + users + items) for up to 65,536 users and items each.
  static func byUserAndItem<Row: NumberedRating>(
    _ rows: consuming [Row], users: Range<Int>, itemCount: Int
  ) -> [Row] {
    var sorter = Sorter(rows)
    // The lesser key first: the second sort keeps the order that it finds.
    sorter.sort(0..<itemCount) { $0.item }
    sorter.sort(users) { $0.user }
    return sorter.rows
  }

  /// Sorts by item; ratings of one item stay in their order.
  static func byItem(_ rows: consuming [RatingRow], items: Range<Int>) -> [RatingRow] {
    var sorter = Sorter(rows)
    sorter.sort(items) { $0.item }
    return sorter.rows
  }

  /// Gathers ratings by cell.
  ///
  /// - Returns: The ratings, those of each cell in their order, and where each cell begins.
  static func cut<Row: NumberedRating>(
    _ rows: [Row], into cellCount: Int, _ cell: (Row) -> Int
  ) -> (rows: [Row], bounds: [Int]) {
    var bounds = [Int](repeating: 0, count: cellCount + 1)
    for row in rows { bounds[cell(row) + 1] += 1 }
    for index in 0..<cellCount { bounds[index + 1] += bounds[index] }
    var next = bounds
    var target: [Row] = unwritten(rows.count)
    unsafe target.withUnsafeMutableBufferPointer { target in
      for row in rows {
        let cell = cell(row)
        unsafe target[next[cell]] = row
        next[cell] += 1
      }
    }
    return (target, bounds)
  }

  /// Two buffers between which passes go back and forth.
  private struct Sorter<Row: NumberedRating> {
    var rows: [Row]
    private var other: [Row]

    init(_ rows: consuming [Row]) {
      other = unwritten(rows.count)
      self.rows = rows
    }

    /// Sorts by keys in a range, in as many passes of equal digits as 16 bits each need.
    @inline(__always)
    mutating func sort(_ keys: Range<Int>, by key: (Row) -> UInt32) {
      let bits = Int.bitWidth - max(0, keys.count - 1).leadingZeroBitCount
      guard bits > 0 else { return }
      // 65,536 counters stay in a core's cache; with more of them, each rating would wait for
      // memory.
      let passes = (bits + 15) / 16
      // All digits alike, so that no pass has more buckets than it needs.
      let digitBits = (bits + passes - 1) / passes
      for pass in 0..<passes {
        let shift = UInt32(pass * digitBits)
        let mask = UInt32(1) << UInt32(digitBits) - 1
        let first = UInt32(keys.lowerBound)
        distribute(bucketCount: 1 << digitBits) { (key($0) &- first) >> shift & mask }
      }
    }

    @inline(__always)
    private mutating func distribute(bucketCount: Int, _ digit: (Row) -> UInt32) {
      // 32 bits, for twice as many fit into the cache; no block has more ratings (``BlockPlan``).
      var next = [Int32](repeating: 0, count: bucketCount + 1)
      let count = rows.count
      unsafe rows.withUnsafeBufferPointer { rows in
        unsafe other.withUnsafeMutableBufferPointer { other in
          unsafe next.withUnsafeMutableBufferPointer { next in
            for index in 0..<count {
              unsafe next[Int(digit(unsafe rows[index])) + 1] += 1
            }
            for index in 0..<bucketCount { unsafe next[index + 1] += next[index] }
            for index in 0..<count {
              let row = unsafe rows[index]
              let bucket = Int(digit(row))
              unsafe other[Int(next[bucket])] = row
              unsafe next[bucket] += 1
            }
          }
        }
      }
      swap(&rows, &other)
    }
  }
}

/// Ratings whose memory holds anything: every place is written before it is read.
private func unwritten<Row: NumberedRating>(_ count: Int) -> [Row] {
  unsafe Array(unsafeUninitializedCapacity: count) { $1 = count }
}
