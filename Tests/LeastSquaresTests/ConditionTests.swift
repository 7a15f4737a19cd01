import BlockMatrix
import Kernels
import LeastSquares
import TestSupport
import Testing

/// Rows whose equations floats cannot tell from singular ones: a ridge that is next to nothing, and
/// fixed factors that hardly differ, or fewer of them than factors.
private struct Case: Sendable, CustomTestStringConvertible {
  let name: String
  let settings: @Sendable (_ regularization: Double) throws -> Hyperparameters
  var testDescription: String { name }

  static let exact: [Case] = [
    Case(name: "explicit") {
      try Hyperparameters(rank: 24, regularization: $0, regularizationScaling: .unscaled)
    },
    Case(name: "explicit by count") { try Hyperparameters(rank: 40, regularization: $0) },
    Case(name: "explicit, primal") {
      try Hyperparameters(rank: 33, regularization: $0, algorithm: .als(.cholesky))
    },
    Case(name: "biases") {
      try Hyperparameters(
        rank: 24, regularization: $0, regularizationScaling: .unscaled, biasRegularization: $0)
    },
    Case(name: "hu") {
      try Hyperparameters(
        rank: 70, regularization: $0, regularizationScaling: .unscaled,
        feedback: .implicit(Confidence(.hu, alpha: 40)))
    },
    Case(name: "spark, primal") {
      try Hyperparameters(
        rank: 70, regularization: $0, feedback: .implicit(Confidence(.spark, alpha: 3)),
        algorithm: .als(.cholesky))
    },
  ]

  static let nonnegative: [Case] = [
    Case(name: "non-negative") {
      try Hyperparameters(rank: 24, regularization: $0, isNonnegative: true)
    },
    Case(name: "non-negative hu") {
      try Hyperparameters(
        rank: 70, regularization: $0, feedback: .implicit(Confidence(.hu, alpha: 3)),
        isNonnegative: true)
    },
  ]

  /// Ratings from −1.5 to 4.5, and a fixed side whose rows nearly lie in a plane.
  func alternation(_ regularization: Double, _ set: InstructionSet? = nil) throws -> Alternation {
    let matrix = mixedRatings(45, 16, 280, seed: 6)
    var alternation = try Alternation(matrix, settings(regularization), set)
    let table = alternation.factors.user
    var numbers = SplitMix(seed: 3)
    for row in 0..<table.rowCount {
      let (a, b) = (numbers.unit(), numbers.unit())
      let factors = table.factors(row).enumerated().map { position, factor in
        Float(a + b * Double(position % 5)) + 0.01 * factor
      }
      table.setRow(
        row, factors: factors, bias: alternation.settings.hasBias ? Float(numbers.unit()) : 0)
    }
    alternation.factors.user = table
    return alternation
  }
}

/// What a phase made of a row, and the row's equations in Double.
private struct SolvedRow {
  let equations: (a: [[Double]], b: [Double])
  let solved: [Double]
  let outcome: RowOutcome

  /// The sum of the matrix's eigenvalues.
  var trace: Double { equations.b.indices.reduce(0) { $0 + equations.a[$1][$1] } }

  /// The trace over the smallest eigenvalue, which inverse iteration finds.
  var condition: Double {
    var (vector, length) = (equations.b.indices.map { Double($0 % 3) - 0.9 }, 1.0)
    for _ in 0..<4 {
      vector = LinearSystem.solve(equations.a, vector.map { $0 / length })
      length = dot(vector, vector).squareRoot()
    }
    return trace * length
  }

  /// The largest element of Ax − b, relative to |A| |x|; where factors are not negative, one at
  /// zero may have an objective that falls beyond it.
  func backwardError(isNonnegative: Bool = false) -> Double {
    let worst = equations.b.indices.reduce(0.0) { worst, i in
      let gradient = dot(equations.a[i], solved) - equations.b[i]
      return max(worst, isNonnegative && solved[i] == 0 ? -gradient : abs(gradient))
    }
    return worst / (trace * dot(solved, solved).squareRoot())
  }

  /// All rows of the items' phase; with `body`, what the reference makes of each.
  static func forEach(
    _ example: Case, _ regularization: Double,
    _ body: (_ row: SolvedRow, _ reference: () -> (x: [Double], loss: Double)) -> Void
  ) throws {
    var alternation = try example.alternation(regularization)
    let fixed = alternation.factors.user
    let outcomes = try alternation.phase(.item)
    let reference = ModelReference(
      matrix: alternation.matrix, settings: alternation.settings, mean: Double(alternation.mean))
    let table = alternation.factors.item
    for (index, row) in alternation.matrix.rows(.item).enumerated() {
      let bias = table.hasBias ? [Double(table.bias(index))] : []
      body(
        SolvedRow(
          equations: reference.equations(row, fixed: fixed),
          solved: table.factors(index).map(Double.init) + bias, outcome: outcomes[index])
      ) { reference.solve(row, fixed: fixed) }
    }
  }
}

@Suite struct `An ill-conditioned row` {
  @Test(arguments: Case.exact)
  fileprivate func `is solved in Double as it stands, right to the last bit of a float`(
    example: Case
  ) throws {
    var worst = 0
    for regularization in [1e-2, 1e-3, 1e-4, 1e-5] {
      try SolvedRow.forEach(example, regularization) { row, reference in
        let condition = row.condition
        let (x, loss) = reference()
        let error = relativeDifference([row.solved], [x])
        worst += (1e7...1e8).contains(condition) ? 1 : 0
        #expect(row.outcome.fallbacks == 0)
        guard row.outcome.doubles == 1 else {
          // Floats lose what the condition says.
          #expect(condition < 0x1p18 && error <= condition * 0x1p-24)
          return
        }
        // What rounding to floats changes, and what the reference's own elimination does.
        #expect(error <= 0x1p-23 + condition * 0x1p-50)
        #expect(row.backwardError() <= 0x1p-24)
        #expect(abs(row.outcome.squaredError - loss) <= 0x1p-20 * dot(x, x) + 1e-6 * loss)
      }
    }
    #expect(worst >= 10)
  }

  @Test(arguments: Case.nonnegative, [1e-4, 1e-6])
  fileprivate func `meets the conditions of a minimum where factors are not negative`(
    example: Case, regularization: Double
  ) throws {
    var doubles = 0
    try SolvedRow.forEach(example, regularization) { row, _ in
      doubles += row.outcome.doubles
      #expect(row.outcome.fallbacks == 0)
      #expect(row.solved.allSatisfy { $0 >= 0 } && row.solved.contains { $0 > 0 })
      #expect(
        row.backwardError(isNonnegative: true) <= (row.outcome.doubles == 1 ? 0x1p-24 : 0x1p-20))
    }
    #expect(doubles >= 10)
  }

  @Test(arguments: Case.exact + Case.nonnegative)
  fileprivate func `has the same bits for every instruction set, block count and worker count`(
    example: Case
  ) throws {
    var bits: [[UInt32]] = []
    for set in InstructionSet.supported {
      for (blockCount, workers) in [(1, 1), (7, 2), (40, 5)] {
        var alternation = try example.alternation(1e-6, set)
        alternation.workers = workers
        var doubles = 0
        for side in [Side.item, .user] {
          doubles += try alternation.phase(
            side, blockCount: blockCount, isCoded: blockCount == 7
          ).reduce(0) { $0 + $1.doubles }
        }
        #expect(doubles > 0)
        bits.append(alternation.factors.user.bits + alternation.factors.item.bits)
      }
    }
    #expect(bits.allSatisfy { $0 == bits[0] })
  }

  @Test(arguments: Case.exact + Case.nonnegative, [1e-5, 1e-8, 0])
  fileprivate func `never raises the objective`(example: Case, regularization: Double) throws {
    var alternation = try example.alternation(regularization)
    // What the ridge of singular rows may cost, and rounding: a hundred-thousandth of what there
    // is to explain.
    let slack = alternation.matrix.ratings.reduce(0) { $0 + 1e-5 * Double($1.value * $1.value) }
    var last = Double.infinity
    for _ in 0..<4 {
      for side in [Side.item, .user] {
        let outcomes = try alternation.phase(side)
        let objective = alternation.objective(outcomes)
        #expect(objective <= last + slack, "\(side)")
        last = objective
      }
    }
  }

  @Test func `of equal fixed factors counts as a fallback only without a ridge`() throws {
    // Three users of whom two are one and the same: no ridge, no unique solution.
    let matrix = RatingMatrix(
      userCount: 3, itemCount: 1,
      ratings: [(0, 4), (1, 4), (2, 1)].map { .init(user: $0.0, item: 0, value: $0.1) })
    for (regularization, fallbacks) in [(0, 1), (1e-6, 0), (1e-9, 0)] {
      var model = try Alternation(
        matrix, try Hyperparameters(rank: 3, regularization: regularization))
      model.factors.user.setRow(0, factors: [1, 2, 0.5])
      model.factors.user.setRow(1, factors: [1, 2, 0.5])
      model.factors.user.setRow(2, factors: [1, 0, 0.25])
      let outcomes = try model.phase(.item)
      #expect(outcomes.map(\.fallbacks) == [fallbacks])
      #expect(outcomes.map(\.doubles) == [1 - fallbacks])
      // Of all solutions without a ridge it comes to the shortest one, whose ratings are met.
      #expect(outcomes[0].squaredError < 1e-10)
      let x = model.factors.item.factors(0).map(Double.init)
      #expect(relativeDifference([x], [[62.0 / 69, 100.0 / 69, 28.0 / 69]]) < 1e-5)
    }
  }
}
