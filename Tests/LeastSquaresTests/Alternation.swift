import BlockMatrix
import Kernels
import LeastSquares
import TestSupport

/// Both sides' factors, and phases by hand.
struct Alternation {
  let matrix: RatingMatrix
  let settings: Hyperparameters
  let kernels: KernelSet
  var factors: PerSide<FactorTable>
  var workers = 1

  /// μ.
  var mean: Float {
    let sums = matrix.blocks(.user).flatMap { ratingSums(of: $0) }
    return settings.hasBias ? Float(sums.reduce(0, +) / Double(matrix.ratings.count)) : 0
  }

  init(_ matrix: RatingMatrix, _ settings: Hyperparameters, _ set: InstructionSet? = nil) throws {
    self.matrix = matrix
    self.settings = settings
    kernels = try KernelSet.select(set)
    factors = try PerSide(
      user: initialFactors(side: .user, indices: 0..<matrix.userCount, hyperparameters: settings),
      item: initialFactors(side: .item, indices: 0..<matrix.itemCount, hyperparameters: settings))
  }

  /// The same state as a reference in Double.
  var reference: DenseReference {
    DenseReference(matrix, hyperparameters: settings, tables: factors)
  }

  /// A solver of one side, and the table that it writes.
  func solver(_ side: Side) throws -> (solver: PhaseSolver, table: FactorTable) {
    let table = try FactorTable(
      rowCount: matrix.rowCount(side), rank: settings.rank, hasBias: settings.hasBias)
    // Conjugate gradients go on from the last factors.
    for row in 0..<table.rowCount {
      table.setRow(row, factors: factors[side].factors(row), bias: factors[side].bias(row))
    }
    let solver = try PhaseSolver(
      kernels: kernels, hyperparameters: settings, fixed: factors[side.opposite], solved: table,
      workers: workers, mean: mean)
    return (solver, table)
  }

  /// Solves one side; returns the outcomes of its rows.
  mutating func phase(
    _ side: Side, blockCount: Int = 1, isCoded: Bool = true
  ) throws -> [RowOutcome] {
    let (solver, table) = try solver(side)
    var scratch = try solver.makeScratch()
    var outcomes: [RowOutcome] = []
    for block in matrix.blocks(side, blockCount: blockCount, isCoded: isCoded) {
      for item in solver.work(in: block) {
        guard case .rows(let rows) = item.kind else { continue }
        outcomes += try solver.solve(rows: rows, of: block, scratch: &scratch)
      }
    }
    factors[side] = table
    return outcomes
  }

  /// The ratings of a side's rows that its ridges count.
  private func counted(_ side: Side) -> [UInt32] {
    matrix.blocks(side).flatMap { countedRatings(of: $0, hyperparameters: settings) }
  }

  /// The objective after a phase: the errors of its rows and both penalties.
  func objective(_ outcomes: [RowOutcome]) -> Double {
    outcomes.reduce(0) { $0 + $1.squaredError }
      + Side.allCases.reduce(0) {
        $0
          + penalty(
            factors[$1], counts: counted($1),
            oppositeCount: matrix.rowCount($1.opposite), hyperparameters: settings)
      }
  }
}

extension FactorTable {
  /// The bits of all factors and biases.
  var bits: [UInt32] {
    (0..<rowCount).flatMap { factors($0).map(\.bitPattern) + [bias($0).bitPattern] }
  }
}
