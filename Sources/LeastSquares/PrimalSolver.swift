import BlockMatrix
import CSystem
import Kernels

// A row by its normal equations, of as many unknowns as it has factors.

extension PhaseSolver {
  /// Non-negative factors are right to this part of the row's largest factor.
  private static let nonnegativeTolerance: Float = 1e-6
  private static let nonnegativeSweeps = 2000

  /// Solves the equations in scratch memory and writes the row; `nil` where floats cannot.
  func solvePrimal(
    index: Int, _ facts: RowFacts, _ scratch: inout SolverScratch
  ) -> RowOutcome? {
    // Without preference for anything the factors are zeros, whatever the matrix.
    guard facts.hasTarget else { return writeZeros(index: index, facts) }
    let width = fixed.stride
    if case .gramian(let gramian) = preparation {
      unsafe kernels.addSums(gramian.base, scratch.matrix, width)
    }
    setDiagonal(facts, &scratch)
    guard hyperparameters.isNonnegative ? solveNonnegative(facts, &scratch) : solve(facts, &scratch)
    else { return nil }
    let linear = unsafe kernels.dotInDouble(scratch.vector, scratch.solution, width)
    let quadratic = unsafe kernels.quadraticForm(scratch.matrix, scratch.solution, width)
    let loss = facts.constant - 2 * linear + quadratic + unobservedLoss(scratch)
    return write(index: index, loss: loss, scratch)
  }

  private func solve(_ facts: RowFacts, _ scratch: inout SolverScratch) -> Bool {
    unsafe kernels.solve(
      CholeskySystem(
        matrix: scratch.matrix, ridge: scratch.diagonal, vector: scratch.vector,
        width: fixed.stride, order: fixed.width, least: leastEigenvalue(facts, scratch),
        factor: scratch.factor, inverses: scratch.inverses, solution: scratch.solution))
  }

  private func solveNonnegative(_ facts: RowFacts, _ scratch: inout SolverScratch) -> Bool {
    unsafe kernels.mirrorUpper(scratch.matrix, fixed.stride)
    return unsafe kernels.solveNonnegative(
      NonnegativeSystem(
        matrix: scratch.matrix, diagonal: scratch.diagonal, vector: scratch.vector,
        width: fixed.stride, tolerance: Self.nonnegativeTolerance,
        least: leastEigenvalue(facts, scratch), sweeps: Self.nonnegativeSweeps,
        square: scratch.factor, work: scratch.kernel, inverses: scratch.inverses,
        gradient: scratch.segmentVector, solution: scratch.solution))
  }

  /// What no eigenvalue of a row's matrix with its diagonal is below.
  private func leastEigenvalue(_ facts: RowFacts, _ scratch: borrowing SolverScratch) -> Float {
    // A confidence below that of a cell not given takes away from what all cells add.
    if facts.hasNegativeWeight { return Float(ridges(facts).factors) }
    return (0..<fixed.width).reduce(.infinity) {
      unsafe min($0, scratch.diagonal[$1])
    }
  }
}
