import BlockMatrix

/// Sparse rows by a model's indices, checked and copied.
struct SparseRows: Sendable {
  private let starts: [Int64]
  private let indices: [UInt32]
  var count: Int { indices.count }

  /// - Parameter bound: Indices are below it.
  /// - Throws: `.data` where the starts descend, or an index is too large.
  init(
    _ starts: UnsafePointer<Int64>, _ indices: UnsafePointer<UInt32>?, count: Int, below bound: Int
  ) throws(Failure) {
    guard starts[0] == 0 else { throw Failure(.data, at: "indptr", "does not begin with 0") }
    for row in 0..<count where starts[row] > starts[row + 1] {
      throw Failure(.data, at: "indptr", "descends after row \(row)")
    }
    self.starts = Array(UnsafeBufferPointer(start: starts, count: count + 1))
    let number = Int(starts[count])
    self.indices =
      number == 0
      ? []
      : try checkedIndices(
        Array(UnsafeBufferPointer(start: try required(indices, "indices"), count: number)),
        below: bound, "indices")
  }

  private func range(_ row: Int) -> Range<Int> { Int(starts[row])..<Int(starts[row + 1]) }

  /// The indices of a row, ascending.
  func sorted(row: Int) -> ArraySlice<UInt32> {
    let row = indices[range(row)]
    return zip(row, row.dropFirst()).allSatisfy(<) ? row : row.sorted()[...]
  }

  /// Ratings of the rows, which are of a side.
  func ratings(of side: Side, values: [Float]) -> HoldoutRatings {
    var rows: [UInt32] = []
    rows.reserveCapacity(count)
    for row in 0..<starts.count - 1 {
      rows += repeatElement(UInt32(row), count: range(row).count)
    }
    return side == .user
      ? HoldoutRatings(users: rows, items: indices, values: values)
      : HoldoutRatings(users: indices, items: rows, values: values)
  }
}

/// Indices of the caller's, all below a bound.
func checkedIndices(
  _ indices: [UInt32], below bound: Int, _ name: String, areDifferent: Bool = false
) throws(Failure) -> [UInt32] {
  if let bad = indices.first(where: { Int($0) >= bound }) {
    throw Failure(.data, at: name, "\(bad) is not below \(bound)")
  }
  if areDifferent, Set(indices).count != indices.count {
    throw Failure(.data, at: name, "has an index twice")
  }
  return indices
}

/// Values of the caller's, all finite; ones where there are none.
func checkedValues(_ values: UnsafePointer<Float>?, _ count: Int) throws(Failure) -> [Float] {
  guard let values else { return [Float](repeating: 1, count: count) }
  let copied = Array(UnsafeBufferPointer(start: values, count: count))
  if let place = copied.firstIndex(where: { !$0.isFinite }) {
    throw Failure(.data, at: "value \(place)", "\(copied[place]) is no finite number")
  }
  return copied
}
