import BlockMatrix
import Kernels
import LeastSquares
import TestSupport
import Testing

/// A model by name and settings.
struct Model: Sendable, CustomTestStringConvertible {
  let name: String
  let settings: @Sendable (_ rank: Int, _ seed: UInt64) throws -> Hyperparameters
  var testDescription: String { name }

  private static func implicit(
    _ convention: Confidence.Convention, _ scaling: RegularizationScaling, _ alpha: Double? = nil,
    exponent: Double? = nil, isNonnegative: Bool = false, solver: RowSolver = .auto
  ) -> @Sendable (Int, UInt64) throws -> Hyperparameters {
    { rank, seed in
      try Hyperparameters(
        rank: rank, regularization: scaling == .none ? 1 : 0.2, regularizationScaling: scaling,
        seed: seed,
        feedback: .implicit(Confidence(convention, alpha: alpha, frequencyExponent: exponent)),
        isNonnegative: isNonnegative, solver: solver)
    }
  }

  /// Exactly solved models.
  static let exact: [Model] = [
    Model(name: "explicit", settings: { try Hyperparameters(rank: $0, seed: $1) }),
    Model(name: "explicit, primal") {
      try Hyperparameters(
        rank: $0, regularization: 2, regularizationScaling: .none, seed: $1, solver: .cholesky)
    },
    Model(name: "biases") {
      try Hyperparameters(rank: $0, regularization: 0.1, seed: $1, biasRegularization: 0.05)
    },
    Model(name: "biases, primal, plain") {
      try Hyperparameters(
        rank: $0, regularization: 2, regularizationScaling: .none, seed: $1,
        biasRegularization: 2, solver: .cholesky)
    },
    Model(name: "hu", settings: implicit(.hu, .none, 2)),
    Model(name: "hu by count", settings: implicit(.hu, .count, 0.5)),
    Model(name: "hu, primal", settings: implicit(.hu, .count, 2, solver: .cholesky)),
    Model(name: "spark", settings: implicit(.spark, .count, 1)),
    Model(name: "implicit", settings: implicit(.implicit, .none, 10)),
    Model(name: "implicit, weights around 1", settings: implicit(.implicit, .none, 0.3)),
    Model(name: "ials", settings: implicit(.ials, .count)),
    Model(name: "ials, ν 0.5", settings: implicit(.ials, .count, exponent: 0.5)),
    Model(name: "ials, plain", settings: implicit(.ials, .none)),
  ]

  static let nonnegative: [Model] = [
    Model(name: "non-negative") {
      try Hyperparameters(rank: $0, regularization: 0.1, seed: $1, isNonnegative: true)
    },
    Model(name: "non-negative hu", settings: implicit(.hu, .count, 1, isNonnegative: true)),
  ]

  static let approximate: [Model] = [
    Model(name: "cg") {
      try Hyperparameters(rank: $0, regularization: 0.1, seed: $1, solver: .cg(steps: 3))
    },
    Model(name: "cg with biases") {
      try Hyperparameters(
        rank: $0, regularization: 0.1, seed: $1, biasRegularization: 0.1, solver: .cg(steps: 3))
    },
    Model(name: "cg hu", settings: implicit(.hu, .none, 3, solver: .cg(steps: 3))),
    Model(name: "cg ials", settings: implicit(.ials, .count, solver: .cg(steps: 3))),
  ]
}

/// Ratings from −1.5 to 4.5, zeros among them: every convention has something to decide.
func mixedRatings(_ users: Int, _ items: Int, _ count: Int, seed: UInt64) -> RatingMatrix {
  let matrix = RatingMatrix.random(
    userCount: users, itemCount: items, ratingCount: count, seed: seed)
  return RatingMatrix(
    userCount: matrix.userCount, itemCount: matrix.itemCount,
    ratings: matrix.ratings.map {
      .init(user: $0.user, item: $0.item, value: $0.value - 1.5)
    })
}

@Suite struct `A model` {
  @Test(arguments: Model.exact + Model.nonnegative, [1, 5, 16, 40])
  func `equals a reference over all cells`(model: Model, rank: Int) throws {
    let matrix = mixedRatings(30, 40, 350, seed: UInt64(rank))
    let settings = try model.settings(rank, 7)
    var alternation = try Alternation(matrix, settings)
    for side in [Side.item, .user] {
      let fixed = alternation.factors[side.opposite]
      let outcomes = try alternation.phase(side)
      let reference = ModelReference(
        matrix: matrix, settings: settings, mean: Double(alternation.mean))
      let difference = reference.difference(
        side, fixed: fixed, solved: alternation.factors[side],
        losses: outcomes.map(\.squaredError))
      #expect(difference.factors <= 1e-5)
      // The loss is a small rest of large sums where confidences are in the hundreds.
      #expect(difference.loss <= 3e-5)
      #expect(outcomes.allSatisfy { $0.fallbacks == 0 })
    }
  }

  @Test(arguments: Model.exact + Model.nonnegative + Model.approximate)
  func `never raises its objective`(model: Model) throws {
    for seed in 0..<8 {
      let matrix = mixedRatings(
        20 + 5 * seed, 60 - 4 * seed, 250 + 40 * seed, seed: UInt64(seed))
      var alternation = try Alternation(
        matrix, try model.settings([2, 8, 17, 33][seed % 4], UInt64(seed)))
      var last = Double.infinity
      for _ in 0..<4 {
        for side in [Side.item, .user] {
          let outcomes = try alternation.phase(side)
          let objective = alternation.objective(outcomes)
          #expect(objective <= last * (1 + 2e-6), "seed \(seed), \(side)")
          last = objective
        }
      }
    }
  }

  @Test(arguments: Model.exact + Model.nonnegative + Model.approximate)
  func `has the same bits for every instruction set, block count and worker count`(
    model: Model
  ) throws {
    let matrix = mixedRatings(60, 50, 700, seed: 4)
    var bits: [[UInt32]] = []
    for set in InstructionSet.supported {
      for (blockCount, workers) in [(1, 1), (7, 2), (70, 5)] {
        var alternation = try Alternation(matrix, try model.settings(19, 1), set)
        alternation.workers = workers
        for side in [Side.item, .user] {
          _ = try alternation.phase(side, blockCount: blockCount, isCoded: blockCount == 7)
        }
        bits.append(alternation.factors.user.bits + alternation.factors.item.bits)
      }
    }
    #expect(bits.allSatisfy { $0 == bits[0] })
  }

  @Test(arguments: Model.approximate)
  func `comes to the exact factors with enough steps`(model: Model) throws {
    let matrix = mixedRatings(30, 40, 500, seed: 2)
    let approximate = try model.settings(6, 1)
    let many = try Hyperparameters(
      rank: 6, regularization: approximate.regularization,
      regularizationScaling: approximate.regularizationScaling, seed: 1,
      feedback: approximate.feedback, biasRegularization: approximate.biasRegularization,
      solver: .cg(steps: 50))
    let exact = try Hyperparameters(
      rank: 6, regularization: approximate.regularization,
      regularizationScaling: approximate.regularizationScaling, seed: 1,
      feedback: approximate.feedback, biasRegularization: approximate.biasRegularization)
    var first = try Alternation(matrix, many)
    var second = try Alternation(matrix, exact)
    _ = try first.phase(.item)
    _ = try second.phase(.item)
    #expect(
      relativeDifference(
        first.factors.item, second.factors.item.rows.map { $0.map(Double.init) }) <= 2e-5)
  }

  @Test func `of biases alone has no factors`() throws {
    let matrix = mixedRatings(30, 40, 300, seed: 2)
    let settings = try Hyperparameters(rank: 0, regularization: 0, biasRegularization: 0.1)
    var alternation = try Alternation(matrix, settings)
    let fixed = alternation.factors.user
    let outcomes = try alternation.phase(.item)
    let difference = ModelReference(
      matrix: matrix, settings: settings, mean: Double(alternation.mean)
    ).difference(
      .item, fixed: fixed, solved: alternation.factors.item,
      losses: outcomes.map(\.squaredError))
    #expect(difference.factors <= 1e-5 && difference.loss <= 1e-5)
  }
}
