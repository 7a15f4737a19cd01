import BlockMatrix
import CSystem
import Kernels

// A row by its normal equations, of as many unknowns as it has factors.

extension PhaseSolver {
  /// A pivot has to be above this part of the diagonal element that it was made from: eight times
  /// the precision of a float, below which it is nothing but rounding.
  static let pivotTolerance: Float = 0x1p-20

  /// How often the ridge of equations that cannot be solved is raised, tenfold each time.
  private static let ladderSteps = 6

  /// The first step of the ladder, as a part of the diagonal's mean.
  private static let ladderStart = 1e-5

  /// Non-negative factors are right to this part of the row's largest factor.
  static let nonnegativeTolerance: Float = 1e-6
  private static let nonnegativeSweeps = 2000

  /// Solves the equations in scratch memory and writes the row.
  ///
  /// Where a pivot is not positive or the solution not finite, the ridge is raised by 10⁻⁵ of the
  /// diagonal's mean, then by ten times as much, at most six times; a row that none of these makes
  /// solvable has zero factors. Such a row counts as one fallback.
  func solvePrimal(
    index: Int, _ facts: RowFacts, _ scratch: inout SolverScratch
  ) -> RowOutcome {
    // Without preference for anything the factors are zeros, whatever the matrix.
    guard facts.hasTarget else { return writeZeros(index: index, facts) }
    let width = fixed.stride
    if case .gramian(let gramian) = preparation {
      unsafe kernels.addSums(gramian.base, scratch.matrix, width)
    }
    if hyperparameters.isNonnegative { unsafe kernels.mirrorUpper(scratch.matrix, width) }
    var isSolved = attempt(facts, extra: 0, &scratch)
    let fallbacks = isSolved ? 0 : 1
    if !isSolved {
      var extra = diagonalMean(scratch) * Self.ladderStart
      for _ in 0..<Self.ladderSteps where !isSolved {
        isSolved = attempt(facts, extra: extra, &scratch)
        extra *= 10
      }
    }
    guard isSolved else { return writeZeros(index: index, facts, fallbacks: fallbacks) }
    let linear = unsafe kernels.dotInDouble(scratch.vector, scratch.solution, width)
    let quadratic = unsafe kernels.quadraticForm(scratch.matrix, scratch.solution, width)
    let loss = facts.constant - 2 * linear + quadratic + unobservedLoss(scratch)
    return write(index: index, loss: loss, fallbacks: fallbacks, scratch)
  }

  private func attempt(
    _ facts: RowFacts, extra: Double, _ scratch: inout SolverScratch
  ) -> Bool {
    let width = fixed.stride
    setDiagonal(facts, extra: extra, &scratch)
    if hyperparameters.isNonnegative {
      return unsafe kernels.solveNonnegative(
        NonnegativeSystem(
          matrix: scratch.matrix, diagonal: scratch.diagonal, vector: scratch.vector,
          width: width, tolerance: Self.nonnegativeTolerance,
          pivot_tolerance: Self.pivotTolerance, sweeps: Self.nonnegativeSweeps,
          square: scratch.factor, work: scratch.kernel, inverses: scratch.inverses,
          gradient: scratch.segmentVector, solution: scratch.solution))
    }
    let system = unsafe Factorisation(
      matrix: scratch.matrix, ridge: scratch.diagonal, width: width,
      tolerance: Self.pivotTolerance, factor: scratch.factor, inverses: scratch.inverses)
    return unsafe kernels.factorise(system)
      && kernels.substitute(system, scratch.vector, scratch.solution)
  }

  private func diagonalMean(_ scratch: borrowing SolverScratch) -> Double {
    var sum = 0.0
    for position in 0..<fixed.width {
      sum += unsafe Double(scratch.matrix[position * fixed.stride + position])
    }
    return sum / Double(max(1, fixed.width))
  }
}
