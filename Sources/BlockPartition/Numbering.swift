import BlockMatrix
import RatingInput

/// The final indices of one side: descending count, then ascending id bytes.
struct Numbering: Sendable {
  /// The index of each provisional number, or ``unknown``.
  let indices: [UInt32]
  /// Ids and counts by index.
  let table: IdTable

  /// What stands for an id without a training rating.
  static let unknown = UInt32.max

  /// - Complexity: O(ids · log ids).
  init(_ ids: IdTable, counts: [UInt32]) {
    var order: [Entry] = []
    for number in 0..<ids.count where counts[number] > 0 {
      order.append(
        Entry(count: counts[number], prefix: Self.prefix(ids[number]), number: UInt32(number)))
    }
    // By count, so that the rows that are read most lie together in memory; then by bytes, so that
    // nothing depends on the order of the input.
    order.sort { left, right in
      if left.count != right.count { return left.count > right.count }
      if left.prefix != right.prefix { return left.prefix < right.prefix }
      return ids[Int(left.number)].lexicographicallyPrecedes(ids[Int(right.number)])
    }
    var indices = [UInt32](repeating: Self.unknown, count: ids.count)
    for (index, entry) in order.enumerated() { indices[Int(entry.number)] = UInt32(index) }
    self.indices = indices
    table = IdTable(order.lazy.map { ids[Int($0.number)] }, counts: order.map(\.count))
  }

  private struct Entry {
    let count: UInt32
    /// The first 8 bytes, so that most comparisons touch no id.
    let prefix: UInt64
    let number: UInt32
  }

  private static func prefix(_ id: ArraySlice<UInt8>) -> UInt64 {
    var word: UInt64 = 0
    for position in 0..<8 {
      word <<= 8
      if position < id.count { word |= UInt64(id[id.startIndex + position]) }
    }
    return word
  }
}
