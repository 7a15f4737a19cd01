import BlockMatrix
import BlockStore

/// What the vectors of an export are.
package enum ExportVectors: String, Sendable {
  /// The factors, and the biases beside them where the model has them.
  case factors
  /// Vectors whose inner product is the score, for indexes that search by it: where the model has
  /// biases they are two numbers more, `μ + b_u, 1` of a user and `1, c_i` of an item.
  case innerProduct = "inner-product"
  /// The factors, each row divided by its length, for indexes that search by angle: inner products
  /// of two items, or two users, are their cosines. Rows of zeros stay as they are.
  case unitLength = "unit-length"
}

/// The rows of one side as they leave.
struct ExportedRows {
  let side: Side
  private let model: FactorModel
  private let vectors: ExportVectors

  init(_ side: Side, of model: FactorModel, as vectors: ExportVectors) {
    self.side = side
    self.model = model
    self.vectors = vectors
  }

  var count: Int { model.rows[side].count }
  /// The numbers of a vector, a bias apart.
  var rank: Int { vectors == .innerProduct ? model.scoringWidth : model.rank }
  /// Whether a bias stands beside each vector.
  var hasBias: Bool { vectors == .factors && model.hasBias }

  /// Rows that lie side by side.
  func table(of range: Range<Int>) throws(Failure) -> FactorTable {
    let stored = try model.rows[side].table(of: range)
    guard vectors != .factors else { return stored }
    let table = try FactorTable(rowCount: range.count, rank: rank)
    for row in 0..<range.count {
      table.setRow(
        row,
        factors: vectors == .innerProduct
          ? model.scoringRow(side, stored, row) : Self.unit(stored.factors(row)))
    }
    return table
  }

  private static func unit(_ row: [Float]) -> [Float] {
    let length = row.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    return length > 0 ? row.map { Float(Double($0) / length) } : row
  }
}
