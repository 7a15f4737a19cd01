import BlockMatrix
import Kernels

// From the normal equations of a row, in scratch memory, to its factors.

extension PhaseSolver {
  /// A pivot has to be above this part of the diagonal element that it was made from: eight times
  /// the precision of a float, below which it is nothing but rounding.
  private static let pivotTolerance: Float = 0x1p-20

  /// How often the ridge of equations that cannot be solved is raised, tenfold each time.
  private static let ladderSteps = 6

  /// The first step of the ladder, as a part of the diagonal's mean.
  private static let ladderStart = 1e-5

  /// Solves the equations in scratch memory and writes the row.
  ///
  /// Where a pivot is not positive or the solution not finite, the ridge is raised by 10⁻⁵ of the
  /// diagonal's mean, then by ten times as much, at most six times; a row that none of these makes
  /// solvable has zero factors. Such a row counts as one fallback.
  func finish(
    index: Int, count: Int, squares: Double, _ scratch: inout SolverScratch
  ) -> RowOutcome {
    let width = fixed.stride
    let row = unsafe solved.writableRow(index)
    guard count > 0 else {
      unsafe row.update(repeating: 0, count: width)
      return RowOutcome(squaredError: 0, fallbacks: 0)
    }
    let ridge = hyperparameters.ridge(count: count)
    var isSolved = attempt(ridge: ridge, &scratch)
    let fallbacks = isSolved ? 0 : 1
    if !isSolved {
      var extra = diagonalMean(scratch) * Self.ladderStart
      for _ in 0..<Self.ladderSteps where !isSolved {
        isSolved = attempt(ridge: ridge + extra, &scratch)
        extra *= 10
      }
    }
    guard isSolved else {
      unsafe row.update(repeating: 0, count: width)
      return RowOutcome(squaredError: squares, fallbacks: fallbacks)
    }
    unsafe row.update(from: scratch.solution, count: width)
    let linear = unsafe kernels.dotInDouble(scratch.vector, scratch.solution, width)
    let quadratic = unsafe kernels.quadraticForm(scratch.matrix, scratch.solution, width)
    return RowOutcome(
      squaredError: max(0, squares - 2 * linear + quadratic), fallbacks: fallbacks)
  }

  private func attempt(ridge: Double, _ scratch: inout SolverScratch) -> Bool {
    let width = fixed.stride
    for position in 0..<width {
      unsafe scratch.ridge[position] = position < fixed.width ? Float(ridge) : 1
    }
    return unsafe kernels.factorise(
      scratch.matrix, scratch.ridge, width, Self.pivotTolerance, scratch.factor, scratch.inverses)
      && kernels.substitute(
        scratch.factor, scratch.inverses, scratch.vector, width, scratch.solution)
  }

  private func diagonalMean(_ scratch: borrowing SolverScratch) -> Double {
    var sum = 0.0
    for position in 0..<fixed.width {
      sum += unsafe Double(scratch.matrix[position * fixed.stride + position])
    }
    return sum / Double(fixed.width)
  }
}
