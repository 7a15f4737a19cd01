import BlockMatrix
import Kernels
import Workers

/// Rows of a table that are summed apart; the sums are folded in order.
let summedRows = 4096

/// Σ y·yᵀ over all rows of a side, times a weight: both halves, padding zero.
///
/// Over fixed ranges of rows, which are folded in order, in Double: the bits depend neither on
/// `workers` nor on who holds the rows.
///
/// - Parameters:
///   - table: All rows; or those that columns refer to, where others hold some of the side.
///   - scattered: Who holds them; `nil` where all are here.
/// - Throws: `.memory` where there is none left.
/// - Complexity: O(rows · rank²).
func weightedGramian(
  _ table: FactorTable, scattered: ScatteredSide?, weight: Double, kernels: KernelSet, workers: Int
) throws(Failure) -> DoubleMatrix {
  let width = table.stride
  let sums = try DoubleMatrix(width: width)
  if let scattered {
    let ranges = scattered.ranges
    // All before the first number comes: the others wait for what this process adds.
    let parts = try Parallel.map(ranges.count, workers: workers) { position throws(Failure) in
      let rows = try scattered.rows(ranges[position], in: table)
      return try gramian(of: rows, 0..<rows.rowCount, kernels: kernels)
    }
    let start = [Double](repeating: 0, count: width * (width + 1) / 2)
    sums.upper = try scattered.fold(start) { carried throws(Failure) in
      sums.upper = carried
      for part in parts { sums.addUpper(part) }
      return sums.upper
    }
  } else {
    let ranges = rowRanges(table.rowCount, length: summedRows)
    // A wave at a time, so that no more than a matrix for each worker is held.
    for first in stride(from: 0, to: ranges.count, by: max(1, workers)) {
      let wave = ranges[first..<min(first + max(1, workers), ranges.count)]
      let parts = try Parallel.map(wave.count, workers: workers) { position throws(Failure) in
        try gramian(of: table, wave[wave.startIndex + position], kernels: kernels)
      }
      for part in parts { sums.addUpper(part) }
    }
  }
  for row in 0..<width {
    for column in row..<width {
      sums[row, column] *= weight
      sums[column, row] = sums[row, column]
    }
  }
  return sums
}

/// Σ y·yᵀ over some rows of a table, its upper half, in floats.
private func gramian(
  of table: FactorTable, _ rows: Range<Int>, kernels: KernelSet
) throws(Failure) -> FactorTable {
  let width = table.stride
  let part = try FactorTable(rowCount: width, rank: width)
  unsafe kernels.sumGramian(
    table.base + rows.lowerBound * width, rows.count, width, part.writableRow(0))
  return part
}

extension DoubleMatrix {
  /// The elements on and above the diagonal, row after row.
  fileprivate var upper: [Double] {
    get {
      (0..<width).flatMap { row in (row..<width).map { self[row, $0] } }
    }
    set {
      precondition(newValue.count == width * (width + 1) / 2)
      var position = 0
      for row in 0..<width {
        for column in row..<width {
          self[row, column] = newValue[position]
          position += 1
        }
      }
    }
  }

  fileprivate func addUpper(_ part: FactorTable) {
    for row in 0..<width {
      let line = unsafe part.base + row * width
      for column in row..<width { self[row, column] += unsafe Double(line[column]) }
    }
  }
}

/// Σ y·yᵀ over all rows of a side, times a weight, of nothing but doubles: for the rows that are
/// solved in Double, and made when the first of them asks for it.
final class ExactGramian: Sendable {
  private let made = Locked<DoubleMatrix?>(nil)

  /// The blocks on and above the diagonal; the solver is always the same.
  ///
  /// - Returns: `nil` where others have to add their rows first; see ``make(for:)``.
  /// - Throws: `.memory` where there is none left.
  /// - Complexity: O(rows · rank²) the first time.
  func matrix(for solver: PhaseSolver, weight: Double) throws(Failure) -> DoubleMatrix? {
    try made.withLock { made throws(Failure) in
      if let made { return made }
      guard solver.scattered == nil else { return nil }
      let sums = try DoubleMatrix(width: solver.fixed.stride)
      try Self.add(solver.fixed, to: sums, weight: weight, kernels: solver.kernels)
      made = sums
      return sums
    }
  }

  /// Makes it together with the processes that hold the other rows.
  func make(
    _ scattered: ScatteredSide, weight: Double, kernels: KernelSet
  ) throws(Failure) {
    let sums = try DoubleMatrix(width: scattered.own.stride)
    let start = [Double](repeating: 0, count: sums.width * sums.width)
    sums.all = try scattered.fold(start) { carried throws(Failure) in
      sums.all = carried
      try Self.add(scattered.own, to: sums, weight: weight, kernels: kernels)
      return sums.all
    }
    made.withLock { $0 = sums }
  }

  /// Adds a table's rows, one after another.
  private static func add(
    _ table: FactorTable, to sums: DoubleMatrix, weight: Double, kernels: KernelSet
  ) throws(Failure) {
    let width = table.stride
    guard let line = ZeroedMemory<Double>(count: width) else {
      throw Failure(.memory, "no memory for a row in Double")
    }
    for row in 0..<table.rowCount {
      let factors = unsafe table.base + row * width
      for position in 0..<width { unsafe line.base[position] = Double(factors[position]) }
      unsafe kernels.addProductInDouble(sums.base, line.base, weight, width)
    }
  }
}

extension DoubleMatrix {
  /// All elements, row after row.
  fileprivate var all: [Double] {
    get { unsafe Array(UnsafeBufferPointer(start: base, count: width * width)) }
    set {
      precondition(newValue.count == width * width)
      for (position, value) in newValue.enumerated() { unsafe base[position] = value }
    }
  }
}

/// A table's rows in ranges of a length.
func rowRanges(_ rowCount: Int, length: Int) -> [Range<Int>] {
  stride(from: 0, to: rowCount, by: length).map { $0..<min($0 + length, rowCount) }
}
