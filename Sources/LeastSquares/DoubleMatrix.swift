import BlockMatrix

/// A square matrix of doubles, zero at first, that workers may write different parts of.
@safe
package final class DoubleMatrix: @unchecked Sendable {
  // Sendable: whoever shares it out sees to it that no part has two writers.

  /// A multiple of 16.
  package let width: Int
  private let memory: ZeroedMemory<Double>

  /// - Throws: `.memory` where there is none left.
  package init(width: Int) throws(Failure) {
    precondition(width % 16 == 0)
    self.width = width
    guard let memory = ZeroedMemory<Double>(count: width * width) else {
      throw Failure(
        .memory, "no memory for a matrix of \(width) × \(width)",
        hint: "use a lower rank, or a machine with more memory")
    }
    self.memory = memory
  }

  /// The first row; valid as long as the matrix lives.
  package var base: UnsafeMutablePointer<Double> { unsafe memory.base }

  package subscript(row: Int, column: Int) -> Double {
    get {
      precondition(row >= 0 && row < width && column >= 0 && column < width)
      return unsafe memory.base[row * width + column]
    }
    set {
      precondition(row >= 0 && row < width && column >= 0 && column < width)
      unsafe memory.base[row * width + column] = newValue
    }
  }
}
