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
      points, values: values.map { self.values($0) }, higherIsBetter: higherIsBetter)
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
}
