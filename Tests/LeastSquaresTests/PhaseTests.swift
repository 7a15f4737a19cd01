import BlockMatrix
import Kernels
import LeastSquares
import TestSupport
import Testing

@Suite struct `A phase` {
  @Test(arguments: [1, 2, 7, 10, 15, 16, 17, 31, 32, 33, 48, 64, 100])
  func `equals the dense reference`(rank: Int) throws {
    let matrix = RatingMatrix.random(
      userCount: 60, itemCount: 150, ratingCount: 3000, seed: UInt64(rank))
    for scaling in RegularizationScaling.allCases {
      let settings = try Hyperparameters(
        rank: rank, regularization: 0.3, regularizationScaling: scaling, seed: 5)
      var model = try Alternation(matrix, settings)
      var reference = model.reference
      reference.solve(.item)
      let outcomes = try model.phase(.item)
      #expect(relativeDifference(model.factors.item, reference.factors.item) <= 1e-5)
      let reported = outcomes.reduce(0) { $0 + $1.squaredError }
      #expect(abs(reported - reference.squaredError) <= 2e-5 * reference.squaredError)
      #expect(outcomes.allSatisfy { $0.fallbacks == 0 })
    }
  }

  @Test func `leaves no gradient at any row`() throws {
    for seed in 0..<10 {
      let matrix = RatingMatrix.random(
        userCount: 30, itemCount: 40, ratingCount: 500, seed: UInt64(seed))
      var model = try Alternation(
        matrix, try Hyperparameters(rank: 5 + seed, regularization: 0.05, seed: UInt64(seed)))
      _ = try model.phase(.item)
      _ = try model.phase(.user)
      for (gradient, count) in zip(model.reference.gradient(.user), matrix.counts(.user)) {
        #expect(gradient.allSatisfy { abs($0) <= 1e-5 * 5 * Double(count) })
      }
    }
  }

  @Test func `never raises the objective`() throws {
    for seed in 0..<50 {
      let rank = [1, 2, 5, 10, 16, 17, 24][seed % 7]
      let users = 10 + seed * 7 % 40
      let items = 5 + seed * 11 % 60
      let matrix = RatingMatrix.random(
        userCount: users, itemCount: items, ratingCount: users * items / 3, seed: UInt64(seed),
        step: seed % 2 == 0 ? 0.5 : 0)
      let settings = try Hyperparameters(
        rank: rank, regularization: [0.01, 0.1, 1][seed % 3],
        regularizationScaling: seed % 2 == 0 ? .count : .unscaled, seed: UInt64(seed))
      var model = try Alternation(matrix, settings)
      var last = Double.infinity
      for _ in 0..<5 {
        for side in [Side.item, .user] {
          let outcomes = try model.phase(side)
          let objective = model.objective(outcomes)
          #expect(objective <= last * (1 + 1e-6), "seed \(seed), \(side)")
          last = objective
        }
      }
      let exact = model.reference.objective
      #expect(abs(last - exact) <= 1e-5 * exact)
    }
  }

  @Test(arguments: [3, 16, 40])
  func `has the same bits for every instruction set, block count and coding`(rank: Int) throws {
    let matrix = RatingMatrix.random(userCount: 50, itemCount: 70, ratingCount: 900, seed: 3)
    let settings = try Hyperparameters(rank: rank, regularization: 0.1)
    var bits: [[UInt32]] = []
    for set in InstructionSet.supported {
      for (blockCount, isCoded) in [(1, true), (2, false), (7, true), (80, true)] {
        var model = try Alternation(matrix, settings, set)
        for side in [Side.item, .user] {
          _ = try model.phase(side, blockCount: blockCount, isCoded: isCoded)
        }
        bits.append(model.factors.user.bits + model.factors.item.bits)
      }
    }
    #expect(bits.allSatisfy { $0 == bits[0] })
  }

  @Test func `takes rows in any grouping`() throws {
    let matrix = RatingMatrix.random(userCount: 40, itemCount: 30, ratingCount: 400, seed: 8)
    let model = try Alternation(matrix, try Hyperparameters(rank: 12))
    let block = matrix.blocks(.user)[0]
    let (solver, whole) = try model.solver(.user)
    var scratch = try solver.makeScratch()
    let outcomes = try solver.solve(rows: 0..<block.rowCount, of: block, scratch: &scratch)
    let (second, single) = try model.solver(.user)
    for row in (0..<block.rowCount).reversed() {
      let outcome = try second.solve(rows: row..<row + 1, of: block, scratch: &scratch)
      #expect(outcome == [outcomes[row]])
    }
    #expect(single.bits == whole.bits)
  }
}

@Suite struct `A long row` {
  /// Two users of whom the first has rated 20 000 times, the same 300 items again and again.
  private let matrix = RatingMatrix(
    userCount: 2, itemCount: 300,
    ratings: (0..<20000).map { .init(user: 0, item: $0 % 300, value: Float($0 % 7)) }
      + [.init(user: 1, item: 0, value: 3)])

  @Test func `is cut into segments that come before its solve`() throws {
    let model = try Alternation(matrix, try Hyperparameters(rank: 8))
    let work = try model.solver(.user).solver.work(in: matrix.blocks(.user)[0])
    #expect(
      work.map(\.kind) == [
        .segment(row: 0, segment: 0, segmentCount: 3),
        .segment(row: 0, segment: 1, segmentCount: 3),
        .segment(row: 0, segment: 2, segmentCount: 3), .rows(1..<2),
      ])
    #expect(work.allSatisfy { $0.cost > 0 })
  }

  @Test func `has the same bits whole and in segments`() throws {
    let model = try Alternation(matrix, try Hyperparameters(rank: 20, regularization: 0.01))
    let block = matrix.blocks(.user)[0]
    let (solver, whole) = try model.solver(.user)
    var scratch = try solver.makeScratch()
    let outcome = try solver.solve(rows: 0..<2, of: block, scratch: &scratch)[0]
    let (second, folded) = try model.solver(.user)
    var parts: [PartialSums] = []
    for segment in (0..<3).reversed() {
      var other = try second.makeScratch()
      parts.insert(
        try second.accumulate(segment: segment, ofRow: 0, of: block, scratch: &other), at: 0)
    }
    let refolded = try second.solve(row: 0, of: block, folding: parts, scratch: &scratch)
    #expect(refolded == outcome)
    #expect(folded.factors(0).map(\.bitPattern) == whole.factors(0).map(\.bitPattern))
    var reference = model.reference
    reference.solve(.user)
    #expect(
      relativeDifference([whole.factors(0).map(Double.init)], [reference.factors.user[0]]) <= 1e-5)
  }
}
