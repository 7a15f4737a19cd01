import BlockMatrix
import Kernels
import Workers

/// Eigenvalues and unit eigenvectors of a symmetric matrix, in Double.
///
/// The bits do not depend on the workers, which share out the rows of the eigenvectors, and then
/// their columns.
package struct SymmetricEigen {
  /// In no order.
  package let values: [Double]
  /// Row i is the vector of value i.
  package let vectors: DoubleMatrix

  /// Turns of the eigenvectors that are written down before they are made, in widths.
  private static let turnsAhead = 128
  private static let rowsAtOnce = 32
  private static let columnsAtOnce = 16

  /// Nothing where the matrix is not finite.
  ///
  /// - Parameter matrix: Both halves; of no use afterwards. Padding is zero, and stays apart from
  ///   the rest.
  /// - Throws: `.memory` where there is none left.
  /// - Complexity: O(width³).
  package init?(_ matrix: DoubleMatrix, kernels: KernelSet, workers: Int) throws(Failure) {
    let width = matrix.width
    var diagonal = [Double](repeating: 0, count: width)
    var offDiagonal = diagonal
    var scales = diagonal
    var work = diagonal + diagonal
    unsafe kernels.tridiagonalise(
      matrix.base, width, &diagonal, &offDiagonal, &scales, &work)
    vectors = try Self.collect(matrix, scales, kernels: kernels, workers: workers)

    let room = Self.turnsAhead * width
    var state = [0, 0]
    // Each step has a turn, or else is the last one of its row.
    var steps = [Int](repeating: 0, count: 2 * (room + width))
    var turns = [Double](repeating: 0, count: 2 * room)
    while true {
      let count = unsafe kernels.stepTridiagonal(
        &diagonal, &offDiagonal, width, &state, &steps, &turns, room)
      if count < 0 { return nil }
      if count == 0 { break }
      try Self.turn(
        vectors, steps: steps, count: count, turns: turns, kernels: kernels, workers: workers)
    }
    values = diagonal
  }

  /// The bytes that are held besides the matrix.
  static func byteCount(width: Int, workers: Int) -> Int {
    8 * width * width + 32 * (turnsAhead + 1) * width + 8 * workers * columnsAtOnce * width
  }

  private static func collect(
    _ matrix: DoubleMatrix, _ scales: [Double], kernels: KernelSet, workers: Int
  ) throws(Failure) -> DoubleMatrix {
    let vectors = try DoubleMatrix(width: matrix.width)
    let ranges = rowRanges(matrix.width, length: rowsAtOnce)
    _ = try Parallel.map(ranges.count, workers: workers) { position throws(Failure) in
      let rows = ranges[position]
      unsafe kernels.collectReflections(
        matrix.base, scales, matrix.width, rows.lowerBound, rows.count, vectors.base)
    }
    return vectors
  }

  private static func turn(
    _ vectors: DoubleMatrix, steps: [Int], count: Int, turns: [Double], kernels: KernelSet,
    workers: Int
  ) throws(Failure) {
    let width = vectors.width
    _ = try Parallel.map(width / columnsAtOnce, workers: workers) { position throws(Failure) in
      var slice = [Double](repeating: 0, count: columnsAtOnce * width)
      unsafe kernels.turnColumns(
        vectors.base, width, position * columnsAtOnce, steps, count, turns, &slice)
    }
  }
}
