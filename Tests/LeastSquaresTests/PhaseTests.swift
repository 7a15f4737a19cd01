import BlockMatrix
import Kernels
import LeastSquares
import Testing

/// Both sides' factors, and phases by hand.
struct Alternation {
  let ratings: TestRatings
  let settings: Hyperparameters
  let kernels: KernelSet
  var factors: PerSide<FactorTable>

  init(_ ratings: TestRatings, _ settings: Hyperparameters, _ set: InstructionSet? = nil) throws {
    self.ratings = ratings
    self.settings = settings
    kernels = try KernelSet.select(set)
    factors = try PerSide(
      user: initialFactors(side: .user, rowCount: ratings.users, hyperparameters: settings),
      item: initialFactors(side: .item, rowCount: ratings.items, hyperparameters: settings))
  }

  /// Solves one side; returns its outcomes.
  mutating func phase(_ side: Side, coded: Bool = true) throws -> [RowOutcome] {
    let block = ratings.block(side, coded: coded)
    let solved = try FactorTable(rowCount: block.rowCount, rank: settings.rank)
    let solver = try PhaseSolver(
      kernels: kernels, hyperparameters: settings, fixed: factors[side.opposite], solved: solved,
      workers: 1)
    var scratch = try solver.makeScratch()
    let outcomes = try solver.solve(rows: 0..<block.rowCount, of: block, scratch: &scratch)
    factors[side] = solved
    return outcomes
  }

  /// The objective after a phase: the errors of its rows and both penalties.
  func objective(_ outcomes: [RowOutcome]) -> Double {
    outcomes.reduce(0) { $0 + $1.squaredError }
      + penalty(factors.user, counts: ratings.counts(.user), hyperparameters: settings)
      + penalty(factors.item, counts: ratings.counts(.item), hyperparameters: settings)
  }
}

@Suite struct `A phase` {
  @Test(arguments: [1, 2, 7, 10, 15, 16, 17, 31, 32, 33, 48, 64, 100])
  func `equals the dense reference`(rank: Int) throws {
    for scaling in RegularizationScaling.allCases {
      let ratings = TestRatings(users: 40, items: 150, density: 0.6, seed: rank)
      let settings = try Hyperparameters(
        rank: rank, regularization: 0.1, regularizationScaling: scaling, seed: 5)
      var model = try Alternation(ratings, settings)
      let expected = DenseAlternation.phase(
        ratings, .item, fixed: DenseAlternation.factors(model.factors.user), settings)
      let outcomes = try model.phase(.item)
      let actual = DenseAlternation.factors(model.factors.item)
      for (x, y) in zip(actual, expected) {
        let scale = DenseAlternation.dot(y, y).squareRoot()
        for (a, b) in zip(x, y) { #expect(abs(a - b) <= 1e-5 * scale) }
      }
      let error = DenseAlternation.squaredError(
        ratings, users: DenseAlternation.factors(model.factors.user), items: actual)
      let reported = outcomes.reduce(0) { $0 + $1.squaredError }
      #expect(abs(reported - error) <= 1e-4 * error)
      #expect(outcomes.allSatisfy { $0.fallbacks == 0 })
    }
  }
}
