import BlockMatrix
import TestSupport
import Testing
import Tuning

@Suite struct `A tuning's table` {
  func values(_ numbers: [Double?]) -> [FoldValue] {
    numbers.map { FoldValue(value: $0, known: $0, pairs: 5, coldPairs: 0) }
  }

  func table(
    _ points: [Hyperparameters], _ values: [[Double?]], higherIsBetter: Bool = false
  ) -> TuningTable {
    TuningTable(
      points, values: values.map { self.values($0) }, tried: points, isMixed: false,
      higherIsBetter: higherIsBetter)
  }

  @Test func `the simplest model within one standard error is found`() throws {
    let points = try [0.4, 0.2, 0.1].map { try Hyperparameters(rank: 5, regularization: $0) }
    // By hand: 0.9, 1.0, 1.1 have the standard deviation 0.1; divided by √3 it is 0.0577.
    let numbers: [[Double?]] = [[1.01, 1.02, 1.03], [0.9, 1.0, 1.1], [1.3, 1.3, 1.3]]
    let least = table(points, numbers)
    #expect(least.best == 1 && least.simplest == 0)
    let error = try #require(least.rows[1].standardError)
    #expect(abs(error - 0.1 / 3.0.squareRoot()) < 1e-12)
    let most = table(points, numbers, higherIsBetter: true)
    #expect(most.best == 2 && most.simplest == 2)
  }

  @Test(arguments: [true, false])
  func `a model that diverged in any fold comes last, wherever it stands`(isFirst: Bool) throws {
    let points = try [0.4, 0.2].map { try Hyperparameters(rank: 5, regularization: $0) }
    var numbers: [[Double?]] = [[.nan, 0.1], [2, 2]]
    if !isFirst { numbers.reverse() }
    for higherIsBetter in [true, false] {
      let table = table(points, numbers, higherIsBetter: higherIsBetter)
      #expect(table.best == (isFirst ? 1 : 0) && table.simplest == table.best)
      #expect(table.rows[isFirst ? 0 : 1].mean == nil)
      #expect(table.rows[isFirst ? 0 : 1].standardError == nil)
    }
  }

  @Test func `models that predict different pairs are compared on those that all predict`() throws {
    let plain = try Hyperparameters(rank: 5)
    let biased = try Hyperparameters(rank: 5, biasRegularization: 0.1)
    // With the cold pairs, which are harder, the model that is better looks worse.
    let folds = [
      [FoldValue(value: 0.9, known: 0.9, pairs: 5, coldPairs: 1)],
      [FoldValue(value: 0.95, known: 0.8, pairs: 5, coldPairs: 1)],
    ].map { $0 + $0 }
    let mixed = TuningTable(
      [plain, biased], values: folds, tried: [], isMixed: true, higherIsBetter: false)
    #expect(mixed.best == 1 && mixed.rows[1].mean == 0.95 && mixed.rows[1].score == 0.8)
    let alike = TuningTable(
      [biased], values: [folds[1]], tried: [], isMixed: false, higherIsBetter: false)
    #expect(alike.rows[0].score == 0.95)
  }

  @Test func `says where the best value is the last that was tried`() throws {
    let points = try [0.4, 0.2, 0.1].map { try Hyperparameters(rank: 5, regularization: $0) }
    let inside = table(points, [[2, 2], [1, 1], [2, 2]])
    #expect(inside.edges.isEmpty)
    let outside = table(points, [[2, 2], [1.5, 1.5], [1, 1]])
    #expect(outside.edges.map(\.setting) == ["regularization"])
    #expect(outside.edges.map(\.value) == [0.1] && !outside.edges[0].isLargest)
    // Values of λ under another scaling are other values.
    let other = try Hyperparameters(
      rank: 5, regularization: 0.05, regularizationScaling: .unscaled)
    let families = TuningTable(
      points, values: [values([2, 2]), values([1.5, 1.5]), values([1, 1])],
      tried: points + [other], isMixed: false, higherIsBetter: false)
    #expect(families.edges.map(\.value) == [0.1])
  }
}
