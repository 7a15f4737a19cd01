import BlockMatrix
import CSystem
import Kernels

// A row by conjugate gradients, without forming its matrix.

extension PhaseSolver {
  /// Improves a row's last factors by some steps and writes it.
  ///
  /// A row that they lead nowhere has zero factors and counts as a fallback.
  @unsafe
  func solveConjugate(
    index: Int, _ ratings: Range<Int>, _ view: RatingView, steps: Int,
    _ scratch: inout SolverScratch
  ) -> RowOutcome {
    // A row longer than a segment has its ratings in memory of its own: nothing is summed of it
    // that others could fold.
    guard ratings.count > Self.segmentLength else {
      return unsafe solveConjugate(
        index: index, ratings, view, steps: steps, targets: scratch.targets,
        weights: scratch.weights, &scratch)
    }
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: 2 * ratings.count)
    defer { unsafe memory.deallocate() }
    return unsafe solveConjugate(
      index: index, ratings, view, steps: steps, targets: memory,
      weights: memory + ratings.count, &scratch)
  }

  @unsafe
  private func solveConjugate(
    index: Int, _ ratings: Range<Int>, _ view: RatingView, steps: Int,
    targets: UnsafeMutablePointer<Float>, weights: UnsafeMutablePointer<Float>,
    _ scratch: inout SolverScratch
  ) -> RowOutcome {
    let width = fixed.stride
    var facts = unsafe view.decode(ratings, targets: targets, weights: weights)
    guard facts.hasTarget,
      let run = unsafe run(ratings, view, targets: targets, weights: weights)
    else { return writeZeros(index: index, facts) }
    var gramian: UnsafePointer<Float>?
    if case .gramian(let table) = preparation { unsafe gramian = table.base }
    setDiagonal(facts, &scratch)
    unsafe scratch.solution.update(from: solved.writableRow(index), count: width)
    let sums = unsafe kernels.solveConjugate(
      run,
      ConjugateSystem(
        gramian: gramian, diagonal: scratch.diagonal, steps: steps, work: scratch.factor,
        solution: scratch.solution))
    if !isWeighted { facts.constant = sums.squares }
    let loss = facts.constant + sums.loss
    guard loss.isFinite else { return writeZeros(index: index, facts, fallbacks: 1) }
    return write(index: index, loss: loss, scratch)
  }
}
