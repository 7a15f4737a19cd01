import BlockMatrix
import TestSupport
import Testing

/// The reference that phases are compared with is itself compared with NumPy: the numbers are those
/// that `tools/reference.py` prints.
@Suite struct `The dense reference` {
  @Test func `it agrees with NumPy where the ridge grows with the count`() throws {
    var reference = try reference(.count)
    #expect(abs(reference.objective - 24.625) < 1e-6)
    reference.solve(.item)
    #expect(
      relativeDifference(
        reference.factors.item,
        [
          [1.20184013801, 1.357101782634], [2.13768115942, 0.471014492754],
          [1.594202898551, 1.177536231884], [0.909090909091, 0],
        ]) < 1e-10)
    #expect(abs(reference.objective - 18.216910832706) < 1e-6)
    reference.solve(.user)
    #expect(
      relativeDifference(
        reference.factors.user,
        [
          [0.952562273993, 2.295296358616], [2.276064959116, 0.024388265796],
          [1.181573341939, 1.71484292385],
        ]) < 1e-10)
    #expect(abs(reference.objective - 9.08298801701) < 1e-6)
  }

  @Test func `it agrees with NumPy where the ridge is the same for every row`() throws {
    var reference = try reference(.unscaled)
    #expect(abs(reference.objective - 21) < 1e-6)
    reference.solve(.item)
    reference.solve(.user)
    #expect(
      relativeDifference(
        reference.factors.user,
        [
          [0.868819120837, 2.492828885225], [2.330039797131, -0.111468694202],
          [1.146319333129, 1.771443894536],
        ]) < 1e-10)
    #expect(abs(reference.objective - 4.531023377004) < 1e-6)
  }

  @Test func `a solved side has no gradient, and the objective never rises`() throws {
    let matrix = RatingMatrix.random(userCount: 30, itemCount: 20, ratingCount: 200, seed: 7)
    let hyperparameters = try Hyperparameters(rank: 4, regularization: 0.05)
    var generator = SplitMix(seed: 8)
    let rows = { (count: Int) in
      (0..<count).map { _ in (0..<4).map { _ in generator.unit() - 0.5 } }
    }
    var reference = DenseReference(
      matrix, hyperparameters: hyperparameters,
      factors: PerSide(user: rows(matrix.userCount), item: rows(matrix.itemCount)))
    var objective = reference.objective
    for side in [Side.item, .user, .item, .user] {
      reference.solve(side)
      #expect(reference.gradient(side).joined().allSatisfy { abs($0) < 1e-10 })
      #expect(reference.objective <= objective)
      objective = reference.objective
    }
  }

  @Test(arguments: [(0.0, [-50.0 / 6, 6]), (1.5, [-0.1155555555555556, 3.28])])
  func `it solves a system worked out by hand`(ridge: Double, expected: [Double]) {
    let solution = LinearSystem.solve([[3 + ridge, 9], [9, 29 + ridge]], [29, 99])
    #expect(relativeDifference([solution], [expected]) < 1e-12)
  }

  @Test func `the worked matrix is numbered as partitioning numbers it`() {
    for side in Side.allCases {
      let counts = TinyRatings.matrix.counts(side)
      let ids = TinyRatings.ids(side).map { Array($0.utf8) }
      for index in counts.indices.dropFirst() {
        let descends = counts[index - 1] > counts[index]
        let isTie = counts[index - 1] == counts[index]
        #expect(descends || (isTie && ids[index - 1].lexicographicallyPrecedes(ids[index])))
      }
    }
  }

  @Test(arguments: [1, 2, 3, 5])
  func `blocks in any grid hold the ratings of the matrix`(blockCount: Int) {
    let matrix = TinyRatings.matrix
    for side in Side.allCases {
      let blocks = matrix.blocks(side, blockCount: blockCount)
      #expect(blocks.count == blockCount)
      var found: [RatingMatrix.Rating] = []
      for block in blocks {
        for row in 0..<block.rowCount {
          for position in block.ratings(ofRow: row) {
            let own = block.firstIndex + row
            let column = Int(block.columns[position])
            found.append(
              .init(
                user: side == .user ? own : column, item: side == .user ? column : own,
                value: block.value(at: position)))
          }
        }
      }
      #expect(RatingMatrix(userCount: 3, itemCount: 4, ratings: found) == matrix)
    }
  }

  private func reference(_ scaling: RegularizationScaling) throws -> DenseReference {
    DenseReference(
      TinyRatings.matrix,
      hyperparameters: try Hyperparameters(
        rank: 2, regularization: 0.1, regularizationScaling: scaling),
      tables: try TinyRatings.factors())
  }
}
