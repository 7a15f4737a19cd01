import BlockMatrix

/// Memory for what phases prepare, kept from one to the next: large memory costs as much to get
/// from the operating system as to fill.
package final class PhaseMemory {
  private let rowCount: Int
  private var held: FactorTable?

  /// - Parameter rowCount: Rows of the larger side, which the first table is made for.
  package init(rowCount: Int = 0) { self.rowCount = rowCount }

  /// A table with room for the rows of another one, and of its stride; it holds anything.
  ///
  /// - Throws: `.memory` where there is none left.
  func table(like other: FactorTable) throws(Failure) -> FactorTable {
    if let held, held.rowCount >= other.rowCount, held.stride == other.stride { return held }
    let table = try FactorTable(rowCount: max(rowCount, other.rowCount), rank: other.stride)
    held = table
    return table
  }
}
