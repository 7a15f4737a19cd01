import BlockMatrix
import Kernels

// Rows in Double, for equations that are too ill-conditioned for floats.

extension PhaseSolver {
  /// How often the ridge of equations that cannot be solved is raised, a hundredfold each time.
  private static let ladderSteps = 5
  /// The first step of the ladder, as a part of the diagonal's mean: what floats would not notice,
  /// and doubles solve to the precision of floats.
  private static let ladderStart = 1e-8

  /// Solves a row in Double and writes it.
  ///
  /// Where the matrix is singular as far as doubles can tell, or the solution has no place in
  /// floats, the ridge is raised by 10⁻⁸ of the diagonal's mean, then by a hundred times as much,
  /// at most five times; a row that none of these makes solvable has zero factors. Such a row
  /// counts as one fallback. Where others have to add to the Gramian first, the row is postponed.
  package func solveInDouble(
    row: Int, of block: RatingBlock, scratch: inout SolverScratch
  ) throws(Failure) -> RowOutcome {
    let memory = try scratch.doubles()
    var gramian: DoubleMatrix?
    if let confidence = hyperparameters.feedback.confidence {
      gramian = try exactGramian.matrix(for: self, weight: confidence.unobservedWeight)
      if gramian == nil { return .postponed }
    }
    let index = block.firstIndex + row
    let ratings = block.ratings(ofRow: row)
    return unsafe withView(of: block) { view in
      var facts = RowFacts()
      for segment in 0..<Self.segmentCount(ratings.count) {
        facts.append(
          unsafe view.decode(
            Self.segmentRange(segment, of: ratings), targets: scratch.targets,
            weights: scratch.weights))
      }
      let equations = unsafe DoubleRow(self, ratings, view, facts, gramian: gramian, memory)
      var isSolved = equations.solve(extraRidge: 0)
      let fallbacks = isSolved ? 0 : 1
      var extra = equations.diagonalMean() * Self.ladderStart
      for _ in 0..<Self.ladderSteps where !isSolved {
        isSolved = equations.solve(extraRidge: extra)
        extra *= 100
      }
      if !isSolved { unsafe memory.solution.update(repeating: 0, count: fixed.stride) }
      for position in 0..<fixed.stride {
        unsafe scratch.solution[position] =
          position < fixed.width ? Float(memory.solution[position]) : 0
      }
      var outcome = write(index: index, loss: equations.loss(), scratch)
      outcome.fallbacks = fallbacks
      outcome.doubles = 1 - fallbacks
      return outcome
    }
  }
}
