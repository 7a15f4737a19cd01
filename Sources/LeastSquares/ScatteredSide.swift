import BlockMatrix

/// A fixed side of which this process holds some rows, and others the rest.
///
/// Sums over all rows are made of the same parts in the same order as in one process: each process
/// adds the parts of its own rows to what the ones before it made.
package struct ScatteredSide: Sendable {
  /// Carries numbers through all processes: each makes of what comes what goes on, and what the
  /// last one makes is everybody's.
  package typealias Fold =
    @Sendable (_ start: [Double], _ step: ([Double]) throws(Failure) -> [Double]) throws(Failure)
    -> [Double]

  /// Rows of the whole side.
  let rowCount: Int
  /// The rows that this process owns, from `indices.lowerBound` on.
  let own: FactorTable
  let indices: Range<Int>
  /// Where the rows behind the own ones lie in the table that columns refer to: those that
  /// ``rowsBehind(_:rowCount:)`` names.
  let behind: Int
  let fold: Fold

  package init(
    rowCount: Int, own: FactorTable, indices: Range<Int>, behind: Int, fold: @escaping Fold
  ) {
    precondition(own.rowCount == indices.count)
    self.rowCount = rowCount
    self.own = own
    self.indices = indices
    self.behind = behind
    self.fold = fold
  }

  /// The rows that follow those of a process and are summed with its last ones: a range belongs to
  /// the owner of its first row.
  package static func rowsBehind(_ indices: Range<Int>, rowCount: Int) -> Range<Int> {
    guard let last = indices.last else { return indices.upperBound..<indices.upperBound }
    let start = last / summedRows * summedRows
    let end = min(start + summedRows, rowCount)
    return indices.upperBound..<(start < indices.lowerBound ? indices.upperBound : end)
  }

  /// The ranges that this process sums.
  var ranges: [Range<Int>] {
    let first = (indices.lowerBound + summedRows - 1) / summedRows * summedRows
    return stride(from: first, to: indices.upperBound, by: summedRows).map {
      $0..<min($0 + summedRows, rowCount)
    }
  }

  /// The rows of a range, side by side.
  func rows(_ range: Range<Int>, in table: FactorTable) throws(Failure) -> FactorTable {
    let rows = try FactorTable(rowCount: range.count, rank: own.stride)
    let held = range.clamped(to: indices)
    let stride = own.stride
    unsafe rows.writableBase.update(
      from: own.base + (held.lowerBound - indices.lowerBound) * stride,
      count: held.count * stride)
    let rest = range.count - held.count
    if rest > 0 {
      precondition(behind >= 0 && behind + rest <= table.rowCount)
      unsafe rows.writableRow(held.count).update(
        from: table.base + behind * stride, count: rest * stride)
    }
    return rows
  }
}
