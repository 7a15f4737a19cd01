import BlockMatrix
import Kernels
import LeastSquares

/// The matrix of one row's normal equations in Double, factorised: A = Σ w·yyᵀ, what all cells add,
/// and the ridge.
@safe
final class RowEquations {
  private let kernels: KernelSet
  /// Unknowns; what is left of `width` is padding.
  private let order: Int
  private let matrix: DoubleMatrix
  private let inverses: ZeroedMemory<Double>
  private let vector: ZeroedMemory<Double>
  private var width: Int { matrix.width }

  /// Begins with zeros.
  ///
  /// - Throws: `.memory` where there is none left.
  init(order: Int, kernels: KernelSet) throws(Failure) {
    let width = max(16, (order + 15) / 16 * 16)
    self.order = order
    self.kernels = kernels
    matrix = try DoubleMatrix(width: width)
    guard let inverses = ZeroedMemory<Double>(count: width),
      let vector = ZeroedMemory<Double>(count: width)
    else {
      throw Failure(.memory, "no memory for the equations of a row of \(order) unknowns")
    }
    self.inverses = inverses
    self.vector = vector
  }

  /// Adds weight · yyᵀ.
  ///
  /// - Complexity: O(order²).
  func add(_ y: [Double], weight: Double) {
    precondition(y.count == order)
    for position in 0..<order { unsafe vector.base[position] = y[position] }
    unsafe kernels.addProductInDouble(matrix.base, vector.base, weight, width)
  }

  /// Adds to the diagonal, leaves out the unknowns that are not free, and factorises.
  ///
  /// - Returns: Whether the matrix is positive definite as far as doubles can tell.
  /// - Complexity: O(order³).
  func factorise(ridge: [Double], isFree: [Bool]) -> Bool {
    precondition(ridge.count == order && isFree.count == order)
    for row in 0..<order {
      matrix[row, row] += ridge[row]
      for column in row..<order where !(isFree[row] && isFree[column]) {
        matrix[row, column] = row == column ? 1 : 0
      }
    }
    return unsafe kernels.factoriseInDouble(matrix.base, inverses.base, width, order)
  }

  /// A⁻¹ b; what is not free in b has to be 0.
  ///
  /// - Complexity: O(order²).
  func solve(_ b: [Double]) -> [Double] {
    precondition(b.count == order)
    unsafe vector.base.update(repeating: 0, count: width)
    for position in 0..<order { unsafe vector.base[position] = b[position] }
    unsafe kernels.substituteInDouble(matrix.base, inverses.base, vector.base, width, order)
    return (0..<order).map { unsafe vector.base[$0] }
  }
}
