import BlockMatrix
import Kernels
import Workers

/// Rows of a table that are summed apart; the sums are folded in order.
private let summedRows = 4096

/// Σ y·yᵀ over all rows of a table, times a weight: both halves, padding zero.
///
/// Over fixed ranges of rows, which are folded in order, in Double: the bits do not depend on
/// `workers`.
///
/// - Throws: `.memory` where there is none left.
/// - Complexity: O(rows · rank²).
func weightedGramian(
  _ table: FactorTable, weight: Double, kernels: KernelSet, workers: Int
) throws(Failure) -> DoubleMatrix {
  let width = table.stride
  let sums = try DoubleMatrix(width: width)
  let ranges = rowRanges(table.rowCount, length: summedRows)
  var first = 0
  while first < ranges.count {
    // A wave at a time, so that no more than a matrix for each worker is held.
    let wave = ranges[first..<min(first + max(1, workers), ranges.count)]
    let parts = try Parallel.map(wave.count, workers: workers) { position throws(Failure) in
      let rows = wave[wave.startIndex + position]
      let part = try FactorTable(rowCount: width, rank: width)
      unsafe kernels.sumGramian(
        table.base + rows.lowerBound * width, rows.count, width, part.writableRow(0))
      return part
    }
    for part in parts {
      for row in 0..<width {
        let line = unsafe part.base + row * width
        for column in row..<width { sums[row, column] += unsafe Double(line[column]) }
      }
    }
    first += wave.count
  }
  for row in 0..<width {
    for column in row..<width {
      sums[row, column] *= weight
      sums[column, row] = sums[row, column]
    }
  }
  return sums
}

/// Σ y·yᵀ over all rows of a table, times a weight, of nothing but doubles: for the rows that are
/// solved in Double, and made when the first of them asks for it.
final class ExactGramian: Sendable {
  private let made = Locked<DoubleMatrix?>(nil)

  /// The blocks on and above the diagonal; the table is always the same.
  ///
  /// - Throws: `.memory` where there is none left.
  /// - Complexity: O(rows · rank²) the first time.
  func matrix(
    _ table: FactorTable, weight: Double, kernels: KernelSet, _ scratch: DoubleScratch
  ) throws(Failure) -> DoubleMatrix {
    try made.withLock { made throws(Failure) in
      if let made { return made }
      let width = table.stride
      let sums = try DoubleMatrix(width: width)
      let line = unsafe scratch.line
      unsafe line.update(repeating: 0, count: width)
      for row in 0..<table.rowCount {
        let factors = unsafe table.base + row * width
        for position in 0..<width { unsafe line[position] = Double(factors[position]) }
        unsafe kernels.addProductInDouble(sums.base, line, weight, width)
      }
      made = sums
      return sums
    }
  }
}

/// A table's rows in ranges of a length.
func rowRanges(_ rowCount: Int, length: Int) -> [Range<Int>] {
  stride(from: 0, to: rowCount, by: length).map { $0..<min($0 + length, rowCount) }
}
