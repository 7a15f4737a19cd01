import BlockMatrix
import Kernels

/// What a phase knows of all cells before it solves its first row.
enum Preparation: Sendable {
  /// Nothing: given cells alone are explained.
  case explicit
  /// The Gramian as the diagonal of a basis that rows are solved in.
  case rotated(RotatedBasis)
  /// The Gramian with its weight, both halves, where rows have to be solved in their own basis.
  case gramian(FactorTable)

  /// Prepares what the model's rows need.
  ///
  /// - Throws: `.memory` where there is none left; `.data` where the factors are not finite.
  init(
    _ hyperparameters: Hyperparameters, fixed: FactorTable, scattered: ScatteredSide?,
    kernels: KernelSet, workers: Int, memory: PhaseMemory
  ) throws(Failure) {
    guard let confidence = hyperparameters.feedback.confidence else {
      self = .explicit
      return
    }
    let sums = try weightedGramian(
      fixed, scattered: scattered, weight: confidence.unobservedWeight, kernels: kernels,
      workers: workers)
    if Self.isRotated(hyperparameters) {
      self = .rotated(
        try RotatedBasis(
          fixed, gramian: sums, kernels: kernels, workers: workers, memory: memory))
      return
    }
    let width = fixed.stride
    let table = try FactorTable(rowCount: width, rank: width)
    for row in 0..<width {
      for column in 0..<width { unsafe table.writableRow(row)[column] = Float(sums[row, column]) }
    }
    self = .gramian(table)
  }

  /// Whether rows are solved in the Gramian's basis.
  private static func isRotated(_ hyperparameters: Hyperparameters) -> Bool {
    hyperparameters.feedback != .explicit && !hyperparameters.isNonnegative
      && hyperparameters.cgSteps == nil
  }

  /// The most that a phase's preparation holds, in bytes.
  static func byteCount(
    _ hyperparameters: Hyperparameters, width: Int, rowCount: Int, workers: Int
  ) -> Int {
    guard hyperparameters.feedback != .explicit else { return 0 }
    // The Gramian in Double, and as much of it in floats as there are workers.
    let gramian = (8 + 4 * workers) * width * width
    guard isRotated(hyperparameters) else { return gramian + 4 * width * width }
    let eigen = SymmetricEigen.byteCount(width: width, workers: workers)
    return 4 * width * rowCount + gramian + eigen + 8 * width * width
  }
}
