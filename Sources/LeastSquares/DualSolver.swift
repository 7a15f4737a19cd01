import BlockMatrix
import CSystem
import Kernels

// A row by as many equations as it has ratings, where that is cheaper; exact as well.

extension PhaseSolver {
  /// Whether the dual form is the cheaper one for a row, by count and rank alone.
  func isDual(count: Int) -> Bool {
    guard hyperparameters.solver == .auto, !hyperparameters.isNonnegative,
      hyperparameters.regularization > 0, hyperparameters.biasRegularization != 0
    else { return false }
    return Self.isDual(count: count, width: fixed.stride)
  }

  /// Multiply-adds of both forms, the dual one with its copies; it works on vectors of 16.
  static func isDual(count: Int, width: Int) -> Bool {
    guard count < width else { return false }
    return dualCost(count: count, width: width) < primalCost(count: count, width: width)
  }

  static func primalCost(count: Int, width: Int) -> Int {
    count * width * (width + 16) / 2 + width * width * (width / 6 + 8) + 1000
  }

  static func dualCost(count: Int, width: Int) -> Int {
    let padded = (count + 15) / 16 * 16
    return padded * (padded + 16) / 2 * width + padded * padded * (padded / 6 + 8)
      + 24 * padded * width
  }

  /// Solves a row by its dual form and writes it; `nil` where floats cannot.
  ///
  /// Its ratings' shares are in scratch memory; none has a negative weight.
  @unsafe
  func solveDual(
    index: Int, _ ratings: Range<Int>, _ facts: RowFacts, _ view: RatingView,
    _ scratch: inout SolverScratch
  ) -> RowOutcome? {
    guard
      let run = unsafe run(ratings, view, targets: scratch.targets, weights: scratch.weights)
    else { return nil }
    setDiagonal(facts, &scratch)
    guard isWellConditioned(scratch) else { return nil }
    for position in 0..<fixed.stride {
      unsafe scratch.roots[position] = 1 / scratch.diagonal[position].squareRoot()
    }
    let system = unsafe DualSystem(
      roots: scratch.roots, rows: scratch.matrix, transposed: scratch.factor,
      kernel: scratch.kernel, inverses: scratch.inverses, coefficients: scratch.segmentVector,
      fitted: scratch.vector, solution: scratch.solution)
    guard unsafe kernels.solveDual(run, system) else { return nil }
    let given = unsafe kernels.dualLoss(
      run.targets, system.fitted, run.weights, run.count)
    let loss = given + unobservedLoss(scratch)
    guard loss.isFinite else { return nil }
    return write(index: index, loss: loss, scratch)
  }

  /// Whether the Gramian with the ridge is far enough from a singular one.
  ///
  /// The dual form does not notice where it is not: its rows are scaled by the roots of eigenvalues
  /// that may be nothing but the rounding of larger ones.
  private func isWellConditioned(_ scratch: borrowing SolverScratch) -> Bool {
    guard case .rotated = preparation else { return true }
    var (trace, least) = (Float(0), Float.infinity)
    for position in 0..<fixed.rank {
      unsafe trace += scratch.diagonal[position]
      least = unsafe min(least, scratch.diagonal[position])
    }
    return trace <= KernelSet.conditionLimit * least
  }
}
