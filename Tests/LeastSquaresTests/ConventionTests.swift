import BlockMatrix
import LeastSquares
import TestSupport
import Testing

/// The factors of both sides after two phases, from factors that are scaled by `scale`.
private func solve(
  _ matrix: RatingMatrix, _ confidence: Confidence, regularization: Double,
  scaling: RegularizationScaling = .unscaled, scale: Float = 1, iterations: Int = 1
) throws -> PerSide<FactorTable> {
  let settings = try Hyperparameters(
    rank: 6, regularization: regularization, regularizationScaling: scaling, seed: 3,
    feedback: .implicit(confidence))
  var alternation = try Alternation(matrix, settings)
  for index in 0..<matrix.userCount {
    alternation.factors.user.setRow(
      index, factors: alternation.factors.user.factors(index).map { $0 * scale })
  }
  for _ in 0..<iterations {
    _ = try alternation.phase(.item)
    _ = try alternation.phase(.user)
  }
  return alternation.factors
}

private func doubles(_ table: FactorTable) -> [[Double]] { table.rows.map { $0.map(Double.init) } }

extension RatingMatrix {
  fileprivate func mapValues(_ transform: (Float) -> Float) -> RatingMatrix {
    RatingMatrix(
      userCount: userCount, itemCount: itemCount,
      ratings: ratings.map { .init(user: $0.user, item: $0.item, value: transform($0.value)) })
  }
}

@Suite struct `Confidence conventions` {
  private let matrix = RatingMatrix.random(
    userCount: 25, itemCount: 30, ratingCount: 250, seed: 1
  ).mapValues { abs($0) + 0.5 }

  @Test func `implicit with w is hu with αr = w − 1`() throws {
    let shifted = matrix.mapValues { $0 + 1 }
    let hu = try solve(matrix, Confidence(.hu, alpha: 1), regularization: 0.5)
    let implicit = try solve(shifted, Confidence(.implicit, alpha: 1), regularization: 0.5)
    for side in Side.allCases {
      #expect(relativeDifference(implicit[side], doubles(hu[side])) <= 1e-5)
    }
  }

  @Test func `spark without ratings ≤ 0 is hu`() throws {
    for scaling in RegularizationScaling.allCases {
      let hu = try solve(
        matrix, Confidence(.hu, alpha: 2), regularization: 0.1, scaling: scaling)
      let spark = try solve(
        matrix, Confidence(.spark, alpha: 2), regularization: 0.1, scaling: scaling)
      for side in Side.allCases { #expect(spark[side].bits == hu[side].bits) }
    }
  }

  @Test func `ials is hu with scaled factors, confidence and ridge`() throws {
    // Divided by α₀ the equations of ials are those of hu with αr = 1/α₀, but for a target of
    // s = 1 / (1 + α₀) in place of 1. With both sides' factors scaled by √s they are hu's, with the
    // ridge λ / α₀ / s.
    let weight = 0.25
    let scale = (1 / (1 + weight)).squareRoot()
    let ones = matrix.mapValues { _ in 1 }
    let ials = try solve(
      ones, Confidence(.ials, unobservedWeight: weight), regularization: 0.5,
      scale: Float(scale))
    let hu = try solve(
      ones, Confidence(.hu, alpha: 1 / weight),
      regularization: 0.5 / weight / (scale * scale))
    for side in Side.allCases {
      let expected = doubles(hu[side]).map { $0.map { $0 * scale } }
      #expect(relativeDifference(ials[side], expected) <= 1e-5)
    }
  }

  @Test func `a negative preference changes every row of spark's factors`() throws {
    // Ratings (0,0,1), (1,1,1), (0,1,−3) against the same with 0 in place of −3. Item 0 is solved
    // from the initial users alone in the first phase, and by way of the users in the next.
    func factors(_ value: Float) throws -> PerSide<FactorTable> {
      let matrix = RatingMatrix(
        userCount: 2, itemCount: 2,
        ratings: [
          .init(user: 0, item: 0, value: 1), .init(user: 1, item: 1, value: 1),
          .init(user: 0, item: 1, value: value),
        ])
      return try solve(
        matrix, Confidence(.spark, alpha: 1), regularization: 0.02, scaling: .count,
        iterations: 2)
    }
    let negative = try factors(-3)
    let zero = try factors(0)
    for side in Side.allCases {
      for (x, y) in zip(negative[side].rows, zero[side].rows) { #expect(x != y) }
    }
  }

  @Test func `settings without meaning are refused`() throws {
    func place(_ body: () throws -> Any) -> String? {
      do {
        _ = try body()
        return nil
      } catch {
        return (error as? Failure)?.place
      }
    }
    var explicit = SettingValues()
    explicit[ModelSetting.alpha] = 2
    #expect(place { try Hyperparameters(explicit) } == "alpha")
    // What has no meaning falls away where it is only a default.
    #expect(place { try Hyperparameters(SettingValues(), over: explicit) } == nil)
    explicit[ModelSetting.confidence] = .hu
    #expect(place { try Hyperparameters(explicit) } == "confidence")
    #expect(place { try Confidence(.ials, alpha: 2) } == "alpha")
    #expect(place { try Confidence(.hu, unobservedWeight: 2) } == "unobserved-weight")
    #expect(place { try Confidence(.spark, frequencyExponent: 1) } == "frequency-exponent")
    #expect(place { try Confidence(.hu, alpha: .nan) } == "alpha")
    #expect(place { try Hyperparameters(rank: 0) } == "biases")
    #expect(place { try Hyperparameters(rank: 0, biasRegularization: 0.1) } == nil)
    #expect(place { try Hyperparameters(biasRegularization: -1) } == "bias-regularization")
    #expect(place { try Hyperparameters(algorithm: .als(.cg(steps: 0))) } == "cg-steps")
    #expect(
      place { try Hyperparameters(feedback: .implicit(Confidence(.hu)), biasRegularization: 1) }
        == "biases")
    #expect(
      place { try Hyperparameters(biasRegularization: 1, isNonnegative: true) }
        == "nonnegative")
    #expect(
      place { try Hyperparameters(isNonnegative: true, algorithm: .als(.cg(steps: 3))) }
        == "solver")
  }
}
