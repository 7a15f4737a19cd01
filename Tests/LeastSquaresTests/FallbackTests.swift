import BlockMatrix
import LeastSquares
import TestSupport
import Testing

@Suite struct `The fallback ladder` {
  @Test func `gives finite factors with fewer ratings than factors and no ridge`() throws {
    let matrix = RatingMatrix.random(userCount: 30, itemCount: 20, ratingCount: 150, seed: 1)
    var model = try Alternation(matrix, try Hyperparameters(rank: 24, regularization: 0))
    for side in [Side.item, .user, .item, .user] {
      let outcomes = try model.phase(side)
      #expect(outcomes.reduce(0) { $0 + $1.fallbacks } > 0)
      #expect(model.factors[side].rows.joined().allSatisfy { $0.isFinite })
      #expect(outcomes.allSatisfy { $0.squaredError.isFinite })
    }
    // With more factors than ratings every rating is met.
    #expect(model.reference.squaredError < 0.05)
  }

  @Test func `ends with zeros where no ridge helps`() throws {
    let matrix = RatingMatrix(
      userCount: 2, itemCount: 1,
      ratings: [
        .init(user: 0, item: 0, value: .greatestFiniteMagnitude),
        .init(user: 1, item: 0, value: 2),
      ])
    var model = try Alternation(matrix, try Hyperparameters(rank: 3, regularization: 0))
    model.factors.item.setRow(0, factors: [1e-30, 0, 0])
    let outcomes = try model.phase(.user)
    #expect(outcomes.map(\.fallbacks) == [1, 1])
    #expect(model.factors.user.rows.joined().allSatisfy { $0.isFinite })
  }

  @Test func `does not count rows that can be solved, nor rows without ratings`() throws {
    let matrix = RatingMatrix(
      userCount: 2, itemCount: 1, ratings: [.init(user: 0, item: 0, value: 4)])
    var model = try Alternation(matrix, try Hyperparameters(rank: 2, regularization: 0.1))
    model.factors.user.setRow(1, factors: [7, 7])
    let outcomes = try model.phase(.user)
    #expect(outcomes.map(\.fallbacks) == [0, 0])
    #expect(outcomes[1].squaredError == 0)
    #expect(model.factors.user.factors(1) == [0, 0])
  }
}

@Suite struct `Initial factors` {
  @Test func `are of unit length and keyed by seed, side and index`() throws {
    let settings = try Hyperparameters(rank: 37, seed: 11)
    let users = try initialFactors(side: .user, indices: 0..<50, hyperparameters: settings)
    for row in users.rows {
      #expect(abs(row.reduce(0) { $0 + Double($1) * Double($1) } - 1) < 1e-6)
    }
    let fewer = try initialFactors(side: .user, indices: 0..<20, hyperparameters: settings)
    #expect(fewer.rows == Array(users.rows[..<20]))
    let items = try initialFactors(side: .item, indices: 0..<50, hyperparameters: settings)
    let other = try initialFactors(
      side: .user, indices: 0..<50, hyperparameters: try Hyperparameters(rank: 37, seed: 12))
    #expect(Set(users.rows + items.rows + other.rows).count == 150)
    let mean = users.rows.joined().reduce(0, +) / (50 * 37)
    #expect(abs(mean) < 0.02)
  }

  @Test func `are the same bits for ever`() throws {
    let table = try initialFactors(
      side: .item, indices: 0..<3, hyperparameters: try Hyperparameters(rank: 2, seed: 1))
    #expect(table.factors(2).map(\.bitPattern) == [0x3F76_54B0, 0x3E8B_62E2])
  }
}
