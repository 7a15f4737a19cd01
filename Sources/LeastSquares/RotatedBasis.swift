import BlockMatrix
import CSystem
import Kernels
import Workers

/// The fixed side in the basis of its Gramian's eigenvectors.
///
/// There the Gramian is diagonal, and with it Gramian + ridge for the ridge of any row: what all
/// cells add to a row's matrix is one number a factor. Rows are solved in this basis and turned
/// back.
struct RotatedBasis: Sendable {
  /// The fixed side's factors in the basis.
  let table: FactorTable
  /// What the Gramian, with its weight, adds to each factor's diagonal element; not negative.
  let eigenvalues: [Double]
  /// What rows are multiplied by to turn them back: eigenvector after eigenvector, in strips.
  private let vectors: FactorTable

  /// - Parameters:
  ///   - fixed: The rows that columns refer to.
  ///   - gramian: That of the whole side, with its weight.
  /// - Throws: `.memory` where there is none left; `.data` where the factors are not finite.
  /// - Complexity: O(rows · rank² + rank³).
  init(
    _ fixed: FactorTable, gramian: DoubleMatrix, kernels: KernelSet, workers: Int,
    memory: PhaseMemory
  ) throws(Failure) {
    let width = fixed.stride
    guard let eigen = try SymmetricEigen(gramian, kernels: kernels, workers: workers) else {
      throw Failure(
        .data, "the factors of a side are not finite",
        hint: "raise --regularization, or lower --alpha")
    }
    let table = try memory.table(like: fixed)
    let columns = try Self.strips(width: width) { eigen.vectors[$1, $0] }
    let ranges = rowRanges(fixed.rowCount, length: 512)
    _ = try Parallel.map(ranges.count, workers: workers) { position throws(Failure) in
      let range = ranges[position]
      let panel = try FactorTable(rowCount: 1, rank: KernelSet.productPanel(width: width))
      unsafe kernels.multiplyRows(
        RowProduct(
          rows: fixed.base + range.lowerBound * width, count: range.count, width: width,
          strips: columns.base, panel: panel.writableRow(0),
          output: table.writableRow(range.lowerBound)))
    }
    self.table = table
    vectors = try Self.strips(width: width) { eigen.vectors[$0, $1] }
    eigenvalues = eigen.values.map { max(0, $0) }
  }

  /// Turns solved rows back, in place.
  ///
  /// - `panel`: `KernelSet.productPanel` floats to work in.
  @unsafe
  func turnBack(
    _ rows: UnsafeMutablePointer<Float>, count: Int, kernels: KernelSet,
    panel: UnsafeMutablePointer<Float>
  ) {
    unsafe kernels.multiplyRows(
      RowProduct(
        rows: rows, count: count, width: table.stride, strips: vectors.base, panel: panel,
        output: rows))
  }

  /// A matrix as `multiplyRows` wants it.
  private static func strips(
    width: Int, _ element: (_ row: Int, _ column: Int) -> Double
  ) throws(Failure) -> FactorTable {
    let lanes = KernelSet.stripColumns
    let strips = try FactorTable(rowCount: (width + lanes - 1) / lanes, rank: width * lanes)
    for column in 0..<width {
      let strip = unsafe strips.writableRow(column / lanes) + column % lanes
      for row in 0..<width { unsafe strip[row * lanes] = Float(element(row, column)) }
    }
    return strips
  }
}
