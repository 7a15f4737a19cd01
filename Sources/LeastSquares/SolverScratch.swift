import BlockMatrix
import Kernels

/// The memory that one worker solves rows in; made once and used for row after row.
@safe
package struct SolverScratch: ~Copyable, @unchecked Sendable {
  // Sendable: it alone owns its memory, and it cannot be copied.

  /// Gathered factor rows, and behind them the weighted ones; rows that are turned back.
  let panel: UnsafeMutablePointer<Float>
  /// The matrix of the normal equations, without ridge; the scaled rows of the dual form.
  let matrix: UnsafeMutablePointer<Float>
  /// The Cholesky factor; while segments are folded, the sums of one segment; the transposed rows
  /// of the dual form.
  let factor: UnsafeMutablePointer<Float>
  /// The matrix of the dual form; what non-negative rows are worked out in.
  let kernel: UnsafeMutablePointer<Float>
  /// The vector of the normal equations; the fitted values of the dual form.
  let vector: UnsafeMutablePointer<Float>
  /// The vector of one segment; the coefficients of the dual form; the gradient of a non-negative
  /// row.
  let segmentVector: UnsafeMutablePointer<Float>
  let inverses: UnsafeMutablePointer<Float>
  /// What is added to the matrix on its diagonal; 1 in the padding.
  let diagonal: UnsafeMutablePointer<Float>
  /// 1 / √diagonal.
  let roots: UnsafeMutablePointer<Float>
  let solution: UnsafeMutablePointer<Float>
  /// The coefficients of a segment's ratings in the vector and in the matrix.
  let targets: UnsafeMutablePointer<Float>
  let weights: UnsafeMutablePointer<Float>
  private let memory: ZeroedMemory<Float>
  private let width: Int
  private var heldDoubles: DoubleScratch?

  /// - Throws: `.memory` where the operating system has none left.
  init(width: Int) throws(Failure) {
    guard let memory = ZeroedMemory<Float>(count: Self.floatCount(width: width)) else {
      throw Failure(
        .memory, "no memory to solve rows of \(width) factors in",
        hint: "use a lower rank, or fewer workers")
    }
    var next = unsafe memory.base
    self.memory = memory
    self.width = width
    func take(_ count: Int) -> UnsafeMutablePointer<Float> {
      let taken = unsafe next
      unsafe next += count
      return unsafe taken
    }
    unsafe panel = take(Self.panelCount(width: width))
    unsafe matrix = take(width * width)
    unsafe factor = take(width * width)
    unsafe kernel = take(width * width)
    unsafe vector = take(width)
    unsafe segmentVector = take(width)
    unsafe inverses = take(width)
    unsafe diagonal = take(width)
    unsafe roots = take(width)
    unsafe solution = take(width)
    unsafe targets = take(PhaseSolver.segmentLength)
    unsafe weights = take(PhaseSolver.segmentLength)
  }

  private static func panelCount(width: Int) -> Int {
    max(2 * KernelSet.panelRows(width: width) * width, KernelSet.productPanel(width: width))
  }

  private static func floatCount(width: Int) -> Int {
    panelCount(width: width) + 3 * width * width + 6 * width + 2 * PhaseSolver.segmentLength
  }

  /// What rows are solved in with doubles; made when the first of them comes, as a rule never.
  ///
  /// - Throws: `.memory` where there is none left.
  mutating func doubles() throws(Failure) -> DoubleScratch {
    if let heldDoubles { return heldDoubles }
    let made = try DoubleScratch(width: width)
    heldDoubles = made
    return made
  }

  static func byteCount(width: Int) -> Int {
    floatCount(width: width) * 4 + DoubleScratch.count(width: width) * 8
  }
}

/// The memory that one worker solves rows in with doubles.
@safe
final class DoubleScratch {
  /// A and its factors.
  let matrix: UnsafeMutablePointer<Double>
  let factor: UnsafeMutablePointer<Double>
  let ridge: UnsafeMutablePointer<Double>
  let solution: UnsafeMutablePointer<Double>
  /// What a solution leaves of b, and the step that it leads to.
  let step: UnsafeMutablePointer<Double>
  let inverses: UnsafeMutablePointer<Double>
  /// The fixed factors of one rating.
  let line: UnsafeMutablePointer<Double>
  private let memory: ZeroedMemory<Double>

  /// - Throws: `.memory` where the operating system has none left.
  init(width: Int) throws(Failure) {
    guard let memory = ZeroedMemory<Double>(count: Self.count(width: width)) else {
      throw Failure(
        .memory, "no memory to solve rows of \(width) factors in double precision",
        hint: "raise --regularization, or use a lower rank or fewer workers")
    }
    unsafe matrix = memory.base
    unsafe factor = matrix + width * width
    unsafe ridge = factor + width * width
    unsafe solution = ridge + width
    unsafe step = solution + width
    unsafe inverses = step + width
    unsafe line = inverses + width
    self.memory = memory
  }

  static func count(width: Int) -> Int { 2 * width * width + 5 * width }
}
