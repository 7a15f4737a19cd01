// Normal equations in doubles, for the rows that floats are too coarse for. Such rows are few: the
// loops are plain where those of the floats are tuned.

/// A pivot has to be above this part of the diagonal element that it was made from: below it, the
/// rounding of the sums over many ratings could be all that is left.
private let pivotTolerance = 0x1p-40

/// Adds weight · yyᵀ to a matrix, in the blocks of 16 × 16 on and above the diagonal.
///
/// - Complexity: O(width²).
@inline(never)
package func addProductInDouble(
  _ matrix: MutableDoubles, _ y: MutableDoubles, weight: Double, width: Int
) {
  for row in 0..<width {
    addDoubles(
      matrix + row &* width, weight * y[row], y, from: row / laneCount &* laneCount, width)
  }
}

/// Makes D and U of a symmetric positive definite matrix A = UᵀD⁻¹U, in its place.
///
/// - `inverses`: Becomes the inverse of D, which is the diagonal of U.
/// - `order`: The rows and columns that count; all others are zero.
/// - Returns: False where the matrix is not positive definite as far as doubles can tell.
/// - Complexity: O(width³ / 3).
@inline(never)
package func factoriseInDouble(
  _ matrix: MutableDoubles, inverses: MutableDoubles, width: Int, order: Int
) -> Bool {
  // The least that each pivot has to exceed, before elimination changes the diagonal.
  for row in 0..<order { inverses[row] = pivotTolerance * matrix[row &* (width &+ 1)] }
  for row in 0..<order {
    let line = matrix + row &* width
    let pivot = line[row]
    // Written so that a pivot that is no number fails.
    guard pivot > inverses[row], pivot > 0, pivot < .infinity else { return false }
    let inverse = 1 / pivot
    inverses[row] = inverse
    // Zeros below the diagonal let all loops take whole vectors.
    for lane in (row / laneCount &* laneCount)..<row { line[lane] = 0 }
    // Where unknowns are left out, most of a line is zero.
    for below in (row &+ 1)..<max(order, row &+ 1) where line[below] != 0 {
      addDoubles(
        matrix + below &* width, -(line[below] * inverse), line,
        from: below / laneCount &* laneCount, width)
    }
  }
  return true
}

/// Solves A x = b in place from what `factoriseInDouble` left.
///
/// - Complexity: O(width²).
@inline(never)
package func substituteInDouble(
  _ factor: MutableDoubles, inverses: MutableDoubles, _ x: MutableDoubles, width: Int, order: Int
) {
  for row in 0..<order {
    let value = x[row] * inverses[row]
    addDoubles(x, -value, factor + row &* width, from: row / laneCount &* laneCount, width)
    x[row] = value
  }
  for row in (0..<order).reversed() {
    let value = x[row]
    // So that the diagonal takes no part.
    x[row] = 0
    let known = dotDoubles(
      factor + row &* width, x, from: row / laneCount &* laneCount, width)
    x[row] = value - known * inverses[row]
  }
}
