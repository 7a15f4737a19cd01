/// Fills the lower half of a symmetric matrix from the blocks of 16 × 16 on and above the diagonal.
@inline(never)
package func mirrorUpper(_ matrix: MutableFloats, width: Int) {
  for row in 0..<width {
    for column in (row &+ 1)..<max(width, row &+ 1) {
      matrix[column &* width &+ row] = matrix[row &* width &+ column]
    }
  }
}

/// Minimises xᵀ(A + diag(d))x / 2 − bᵀx over x ≥ 0 by cyclic coordinate descent.
///
/// Each step sets one x to the best value that it may have, and brings the gradient up to date. It
/// ends when no step could lower the objective by more than rounding: for every i, the step that
/// remains is at most `tolerance` times the largest x.
///
/// - `matrix`: A, `width`² floats, both halves.
/// - `diagonal`: d, `width` floats, above 0.
/// - `vector`: b.
/// - `gradient`: `width` floats to work in.
/// - `solution`: Becomes x; padding stays zero.
/// - Returns: Whether it came to its end within `sweeps` passes over all of x.
/// - Complexity: O(sweeps · width²).
@inline(never)
package func solveNonnegative(
  _ matrix: Floats, diagonal: Floats, vector: Floats, width: Int, tolerance: Float, sweeps: Int,
  gradient: MutableFloats, solution: MutableFloats
) -> Bool {
  fill(solution, with: 0, count: width)
  for position in 0..<width { gradient[position] = -vector[position] }
  for _ in 0..<sweeps {
    var largestStep: Float = 0
    var largest: Float = 0
    for position in 0..<width {
      let line = matrix + position &* width
      let curvature = line[position] + diagonal[position]
      guard curvature > 0 else { return false }
      let old = solution[position]
      let new = max(0, old - gradient[position] / curvature)
      let step = new - old
      largest = max(largest, new)
      guard step != 0 else { continue }
      largestStep = max(largestStep, abs(step))
      solution[position] = new
      gradient[position] += step * diagonal[position]
      let scale = every(step)
      var offset = 0
      while offset < width {
        store(
          load(gradient, offset).addingProduct(scale, load(line, offset)), gradient, offset)
        offset &+= laneCount
      }
    }
    guard largest < .infinity else { return false }
    if largestStep <= tolerance * largest { return true }
  }
  return false
}
