import CSystem

/// Fills the lower half of a symmetric matrix from the blocks of 16 × 16 on and above the diagonal.
@inline(never)
package func mirrorUpper(_ matrix: MutableFloats, width: Int) {
  for row in 0..<width {
    for column in (row &+ 1)..<max(width, row &+ 1) {
      matrix[column &* width &+ row] = matrix[row &* width &+ column]
    }
  }
}

extension NonnegativeSystem {
  @inline(__always)
  func curvature(_ position: Int) -> Float {
    matrix[position &* width &+ position] + diagonal[position]
  }

  /// Adds what a change of one x changes in the gradient.
  @inline(__always)
  func move(_ position: Int, by step: Float) {
    let line = matrix + position &* width
    gradient[position] += step * diagonal[position]
    let scale = every(step)
    var offset = 0
    while offset < width {
      store(load(gradient, offset).addingProduct(scale, load(line, offset)), gradient, offset)
      offset &+= laneCount
    }
  }

  /// Makes `gradient` that of the solution: (A + diag(d))x − b.
  @inline(__always)
  func setGradient() {
    for position in 0..<width { gradient[position] = -vector[position] }
    for position in 0..<width where solution[position] != 0 {
      move(position, by: solution[position])
    }
  }
}

/// Minimises xᵀ(A + diag(d))x / 2 − bᵀx over x ≥ 0.
///
/// Block principal pivoting (Kim and Park, SIAM J. Sci. Comput. 33(6), 2011) finds which x are
/// zero and solves for the others; cyclic coordinate descent then sees to what rounding has left.
/// It ends when no step could lower the objective by more than rounding: for every i, the step that
/// remains is at most `tolerance` times the largest x.
///
/// - Returns: Whether floats could solve for the x that are not zero, and it came to its end within
///   `sweeps` passes over all of x.
/// - Complexity: O(pivots · width³ / 3 + sweeps · width²); a handful of each as a rule.
@inline(never)
package func solveNonnegative(_ row: NonnegativeSystem) -> Bool {
  let (width, solution) = (row.width, row.solution)
  for position in 0..<width { guard row.curvature(position) > 0 else { return false } }
  guard pivot(row) else { return false }
  for position in 0..<width { solution[position] = max(0, solution[position]) }
  row.setGradient()
  return descend(row)
}

/// Cyclic coordinate descent: each step sets one x to the best value that it may have.
@inline(__always)
private func descend(_ row: NonnegativeSystem) -> Bool {
  for _ in 0..<row.sweeps {
    var largestStep: Float = 0
    var largest: Float = 0
    for position in 0..<row.width {
      let old = row.solution[position]
      let new = max(0, old - row.gradient[position] / row.curvature(position))
      let step = new - old
      largest = max(largest, new)
      guard step != 0 else { continue }
      largestStep = max(largestStep, abs(step))
      row.solution[position] = new
      row.move(position, by: step)
    }
    guard largest < .infinity else { return false }
    if largestStep <= row.tolerance * largest { return true }
  }
  return false
}

/// Exchanges those x that came out negative with those whose gradient says that they should not be
/// zero: all at once while that makes them fewer, the last one alone where it has not for long.
///
/// - Returns: Whether the equations of the x that are not zero could be solved.
@inline(__always)
private func pivot(_ row: NonnegativeSystem) -> Bool {
  let width = row.width
  let isFree = row.work
  // Without a matrix element x is zero: there is nothing that it could explain.
  for position in 0..<width {
    isFree[position] = row.matrix[position &* width &+ position] > 0 ? 1 : 0
  }
  var fewest = width &+ 1
  var patience = 3
  for _ in 0..<100 {
    guard solveFree(row, isFree) else { return false }
    row.setGradient()
    var largest: Float = 0
    for position in 0..<width { largest = max(largest, abs(row.solution[position])) }
    let slack = -row.tolerance * largest
    @inline(__always)
    func isWrong(_ position: Int) -> Bool {
      isFree[position] == 1
        ? row.solution[position] < slack
        : row.gradient[position] < slack * row.curvature(position)
    }
    var wrong = 0
    var last = 0
    for position in 0..<width where isWrong(position) {
      wrong &+= 1
      last = position
    }
    if wrong == 0 { return true }
    if wrong < fewest {
      fewest = wrong
      patience = 3
    } else if patience > 0 {
      patience &-= 1
    } else {
      isFree[last] = 1 - isFree[last]
      continue
    }
    for position in 0..<width where isWrong(position) { isFree[position] = 1 - isFree[position] }
  }
  return true
}

/// Solves for the x that are free; the others are zero.
@inline(__always)
private func solveFree(_ row: NonnegativeSystem, _ isFree: Floats) -> Bool {
  let width = row.width
  let ridge = row.work + width
  let small = ridge + width
  var count = 0
  for position in 0..<width where isFree[position] == 1 { count &+= 1 }
  let padded = (count &+ laneCount &- 1) / laneCount &* laneCount
  fill(row.solution, with: 0, count: width)
  guard count > 0 else { return true }
  fill(row.square, with: 0, count: padded &* padded)
  fill(ridge, with: 1, count: padded)
  fill(small, with: 0, count: padded)
  var held = 0
  for position in 0..<width where isFree[position] == 1 {
    let line = row.matrix + position &* width
    var column = 0
    for other in 0..<width where isFree[other] == 1 {
      row.square[held &* padded &+ column] = line[other]
      column &+= 1
    }
    ridge[held] = row.diagonal[position]
    small[held] = row.vector[position]
    held &+= 1
  }
  let isSolved = solve(
    CholeskySystem(
      matrix: row.square, ridge: ridge, vector: small, width: padded, order: count,
      least: row.least, factor: row.square, inverses: row.inverses, solution: row.gradient))
  guard isSolved else { return false }
  held = 0
  for position in 0..<width where isFree[position] == 1 {
    row.solution[position] = row.gradient[held]
    held &+= 1
  }
  return true
}
