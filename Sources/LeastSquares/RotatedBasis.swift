import BlockMatrix
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
  /// Eigenvector after eigenvector: what rows are multiplied by to turn them back.
  private let vectors: FactorTable

  /// - Throws: `.memory` where there is none left; `.data` where the factors are not finite.
  /// - Complexity: O(rows · rank² + rank³).
  init(
    _ fixed: FactorTable, weight: Double, kernels: KernelSet, workers: Int
  ) throws(Failure) {
    let width = fixed.stride
    var matrix = try weightedGramian(fixed, weight: weight, kernels: kernels, workers: workers)
    var values = [Double](repeating: 0, count: width)
    var rows = [Double](repeating: 0, count: width * width)
    var work = [Double](repeating: 0, count: 3 * width)
    guard unsafe kernels.symmetricEigen(&matrix, width, &values, &rows, &work) else {
      throw Failure(
        .data, "the factors of a side are not finite",
        hint: "raise --regularization, or lower --alpha")
    }
    let vectors = try FactorTable(rowCount: width, rank: width)
    let columns = try FactorTable(rowCount: width, rank: width)
    for row in 0..<width {
      for column in 0..<width {
        let value = Float(rows[row * width + column])
        unsafe vectors.writableRow(row)[column] = value
        unsafe columns.writableRow(column)[row] = value
      }
    }
    let table = try FactorTable(rowCount: fixed.rowCount, rank: fixed.rank)
    let ranges = rowRanges(fixed.rowCount)
    _ = try Parallel.map(ranges.count, workers: workers) { position throws(Failure) in
      let range = ranges[position]
      let panel = try FactorTable(rowCount: 32, rank: width)
      unsafe kernels.multiplyRows(
        fixed.base + range.lowerBound * width, range.count, width, columns.base,
        panel.writableRow(0), table.writableRow(range.lowerBound))
    }
    self.table = table
    self.vectors = vectors
    eigenvalues = values.map { max(0, $0) }
  }

  /// Turns solved rows back, in place.
  ///
  /// - `panel`: 32 rows to work in.
  @unsafe
  func turnBack(
    _ rows: UnsafeMutablePointer<Float>, count: Int, kernels: KernelSet,
    panel: UnsafeMutablePointer<Float>
  ) {
    unsafe kernels.multiplyRows(rows, count, table.stride, vectors.base, panel, rows)
  }
}
