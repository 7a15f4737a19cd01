import BlockMatrix
import Kernels
import Workers

/// Rows of a table that are summed apart; the sums are folded in order.
private let rangeLength = 4096

/// Σ y·yᵀ over all rows of a table, times a weight: `stride`² doubles, both halves.
///
/// Over fixed ranges of rows, which are folded in order, in Double: the bits do not depend on
/// `workers`.
///
/// - Throws: `.memory` where there is none left.
/// - Complexity: O(rows · rank²).
func weightedGramian(
  _ table: FactorTable, weight: Double, kernels: KernelSet, workers: Int
) throws(Failure) -> [Double] {
  let width = table.stride
  var sums = [Double](repeating: 0, count: width * width)
  let ranges = rowRanges(table.rowCount)
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
        for column in row..<width { sums[row * width + column] += unsafe Double(line[column]) }
      }
    }
    first += wave.count
  }
  for row in 0..<width {
    for column in row..<width {
      sums[row * width + column] *= weight
      sums[column * width + row] = sums[row * width + column]
    }
  }
  return sums
}

/// A table's rows in ranges of fixed length.
func rowRanges(_ rowCount: Int) -> [Range<Int>] {
  stride(from: 0, to: rowCount, by: rangeLength).map { $0..<min($0 + rangeLength, rowCount) }
}
