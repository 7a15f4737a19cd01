import BlockMatrix
import CSystem
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

  /// `nil` where the matrix is not finite.
  ///
  /// - Parameter matrix: Both halves; of no use afterwards. Padding is zero, and stays apart from
  ///   the rest.
  /// - Throws: `.memory` where there is none left.
  /// - Complexity: O(width³).
  package init?(_ matrix: DoubleMatrix, kernels: KernelSet, workers: Int) throws(Failure) {
    let width = matrix.width
    let room = Self.turnsAhead * width
    // Diagonal, off-diagonal, scales, two vectors to work in; sine and cosine of each turn.
    let doubles = try Self.memory(of: Double.self, count: 5 * width + 2 * room)
    // The state of the steps, and two numbers for each: every one has a turn, or else is the last
    // of its row.
    let numbers = try Self.memory(of: Int.self, count: 2 + 2 * (room + width))
    let form = unsafe Tridiagonal(
      diagonal: doubles.base, off_diagonal: doubles.base + width, width: width)
    let reflections = unsafe Reflections(
      matrix: matrix.base, scales: doubles.base + 2 * width, width: width)
    let turns = unsafe Turns(steps: numbers.base + 2, turns: doubles.base + 5 * width)
    unsafe kernels.tridiagonalise(reflections, form, doubles.base + 3 * width)
    vectors = try unsafe Self.collect(reflections, kernels: kernels, workers: workers)
    while true {
      let count = unsafe kernels.stepTridiagonal(form, numbers.base, turns, room)
      if count < 0 { return nil }
      if count == 0 { break }
      try unsafe Self.turn(vectors, by: turns, count: count, kernels: kernels, workers: workers)
    }
    values = unsafe Array(UnsafeBufferPointer(start: form.diagonal, count: width))
  }

  /// The bytes that are held besides the matrix.
  static func byteCount(width: Int, workers: Int) -> Int {
    8 * width * width + 32 * (turnsAhead + 1) * width + 8 * workers * columnsAtOnce * width
  }

  private static func memory<Number>(
    of: Number.Type, count: Int
  ) throws(Failure) -> ZeroedMemory<Number> {
    guard let memory = ZeroedMemory<Number>(count: count) else {
      throw Failure(
        .memory, "no memory for the eigenvectors of a Gramian",
        hint: "use a lower rank, or a machine with more memory")
    }
    return memory
  }

  @unsafe
  private static func collect(
    _ reflections: Reflections, kernels: KernelSet, workers: Int
  ) throws(Failure) -> DoubleMatrix {
    let vectors = try unsafe DoubleMatrix(width: reflections.width)
    let ranges = unsafe rowRanges(reflections.width, length: rowsAtOnce)
    _ = try Parallel.map(ranges.count, workers: workers) { position throws(Failure) in
      let rows = ranges[position]
      unsafe kernels.collectReflections(
        reflections, rows.lowerBound, rows.count, vectors.base)
    }
    return vectors
  }

  @unsafe
  private static func turn(
    _ vectors: DoubleMatrix, by turns: Turns, count: Int, kernels: KernelSet, workers: Int
  ) throws(Failure) {
    let width = vectors.width
    _ = try Parallel.map(width / columnsAtOnce, workers: workers) { position throws(Failure) in
      let slice = try memory(of: Double.self, count: columnsAtOnce * width)
      unsafe kernels.turnColumns(
        ColumnSlice(
          vectors: vectors.base, width: width, column: position * columnsAtOnce,
          slice: slice.base),
        turns, count)
    }
  }
}
