import BlockMatrix
import LeastSquares
import TestSupport
import Testing

@Suite struct `The dual form` {
  /// The factors of a side in whichever form is cheaper, and by Cholesky at full rank.
  private func both(
    _ matrix: RatingMatrix, rank: Int, feedback: Feedback, biasRegularization: Double? = nil,
    scaling: RegularizationScaling
  ) throws -> (dual: [[Double]], primal: [[Double]]) {
    let tables = try [RowSolver.auto, .cholesky].map { solver in
      let settings = try Hyperparameters(
        rank: rank, regularization: 0.5, regularizationScaling: scaling, seed: 2,
        feedback: feedback, biasRegularization: biasRegularization, solver: solver)
      var alternation = try Alternation(matrix, settings)
      _ = try alternation.phase(.item)
      return alternation.factors.item.rows.map { $0.map(Double.init) }
    }
    return (tables[0], tables[1])
  }

  @Test(arguments: [33, 64, 100, 128])
  func `equals the primal form`(rank: Int) throws {
    let matrix = mixedRatings(150, 120, 2500, seed: UInt64(rank))
    for scaling in RegularizationScaling.allCases {
      for (feedback, bias) in [
        (.explicit, nil), (.explicit, 0.3), (.implicit(try Confidence(.hu, alpha: 3)), nil),
        (.implicit(try Confidence(.spark, alpha: 3)), nil),
        (.implicit(try Confidence(.ials)), nil),
      ] as [(Feedback, Double?)] {
        let (dual, primal) = try both(
          matrix, rank: rank, feedback: feedback, biasRegularization: bias, scaling: scaling)
        #expect(relativeDifference(dual, primal) <= 1e-5)
        // Not the same bits: both forms were really used.
        #expect(dual != primal)
      }
    }
  }

  @Test func `is not used without a ridge, nor with negative weights`() throws {
    let matrix = mixedRatings(60, 50, 400, seed: 1)
    let tables = try [RowSolver.auto, .cholesky].map { solver in
      var alternation = try Alternation(
        matrix,
        try Hyperparameters(
          rank: 40, regularization: 1, regularizationScaling: .none,
          feedback: .implicit(Confidence(.implicit, alpha: 0.1)), solver: solver))
      _ = try alternation.phase(.item)
      return alternation.factors.item.bits
    }
    #expect(tables[0] == tables[1])
  }
}
