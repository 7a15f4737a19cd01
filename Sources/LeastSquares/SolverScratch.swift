import BlockMatrix
import Kernels

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The memory that one worker solves rows in; made once and used for row after row.
@safe
package struct SolverScratch: ~Copyable, @unchecked Sendable {
  // Sendable: it alone owns its memory, and it cannot be copied.

  /// Floats of a row, and of each row of a matrix.
  let width: Int
  /// Gathered factor rows, and behind them the weighted ones.
  let panel: UnsafeMutablePointer<Float>
  /// The matrix of the normal equations, without ridge.
  let matrix: UnsafeMutablePointer<Float>
  /// The Cholesky factor; while segments are folded, the sums of one segment.
  let factor: UnsafeMutablePointer<Float>
  let vector: UnsafeMutablePointer<Float>
  /// The vector of one segment.
  let segmentVector: UnsafeMutablePointer<Float>
  let inverses: UnsafeMutablePointer<Float>
  let ridge: UnsafeMutablePointer<Float>
  let solution: UnsafeMutablePointer<Float>
  /// A segment's ratings.
  let targets: UnsafeMutablePointer<Float>
  private let memory: UnsafeMutableRawPointer

  /// - Throws: `.memory` where the operating system has none left.
  init(width: Int) throws(Failure) {
    let floats = Self.floatCount(width: width)
    var pointer: UnsafeMutableRawPointer?
    guard unsafe posix_memalign(&pointer, 64, floats * 4) == 0, let pointer = unsafe pointer else {
      throw Failure(
        .memory, "no memory to solve rows of \(width) factors in",
        hint: "use a lower rank, or fewer workers")
    }
    unsafe memset(pointer, 0, floats * 4)
    unsafe memory = pointer
    self.width = width
    var next = unsafe pointer.assumingMemoryBound(to: Float.self)
    func take(_ count: Int) -> UnsafeMutablePointer<Float> {
      let taken = unsafe next
      unsafe next += count
      return unsafe taken
    }
    unsafe panel = take(Self.panelCount(width: width))
    unsafe matrix = take(width * width)
    unsafe factor = take(width * width)
    unsafe vector = take(width)
    unsafe segmentVector = take(width)
    unsafe inverses = take(width)
    unsafe ridge = take(width)
    unsafe solution = take(width)
    unsafe targets = take(PhaseSolver.segmentLength)
  }

  deinit { unsafe free(memory) }

  private static func panelCount(width: Int) -> Int {
    2 * KernelSet.panelRows(width: width) * width
  }

  private static func floatCount(width: Int) -> Int {
    panelCount(width: width) + 2 * width * width + 5 * width + PhaseSolver.segmentLength
  }

  static func byteCount(width: Int) -> Int { floatCount(width: width) * 4 }
}
