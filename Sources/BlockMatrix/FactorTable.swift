/// The factors of one whole side: `rowCount` rows of `stride` floats, row after row.
///
/// A row holds its `rank` factors, then its bias where the model has biases, then zeros up to the
/// stride, a multiple of 16: kernels read whole vectors without a tail. The memory begins at a
/// multiple of 64 bytes.
///
/// While a side is solved, workers write different rows of its table; when the phase has ended, the
/// table is only read. Nothing reads a row that is being written.
@safe
package final class FactorTable: @unchecked Sendable {
  // Sendable: rows are disjoint memory, a row has one writer, and the end of a phase orders its
  // writes before every read of the next.

  package let rowCount: Int
  package let rank: Int
  package let hasBias: Bool
  /// Floats from one row to the next.
  package let stride: Int
  private let memory: Memory
  private let start: UnsafeMutablePointer<Float>

  /// Lives as long as the last table that shows rows of it.
  private final class Memory {
    let floats: ZeroedMemory<Float>

    init(_ floats: consuming ZeroedMemory<Float>) { self.floats = floats }
  }

  /// The floats of a row that mean something: factors and bias.
  package var width: Int { rank + (hasBias ? 1 : 0) }

  /// Floats from one row to the next in a table of this shape.
  package static func stride(rank: Int, hasBias: Bool) -> Int {
    max(16, (rank + (hasBias ? 1 : 0) + 15) / 16 * 16)
  }

  /// Makes a table of zeros.
  ///
  /// - Throws: `.memory` where the operating system has none left.
  package init(rowCount: Int, rank: Int, hasBias: Bool = false) throws(Failure) {
    precondition(rowCount >= 0 && rank >= 0)
    self.rowCount = rowCount
    self.rank = rank
    self.hasBias = hasBias
    stride = Self.stride(rank: rank, hasBias: hasBias)
    let (floats, overflow) = max(1, rowCount).multipliedReportingOverflow(by: stride)
    guard !overflow, let memory = ZeroedMemory<Float>(count: floats)
    else {
      throw Failure(
        .memory, "no memory for the factors of \(rowCount) rows at rank \(rank)",
        hint: "use a lower rank, or a machine with more memory")
    }
    self.memory = Memory(memory)
    unsafe start = self.memory.floats.base
  }

  /// Shows rows of another table as a table of their own: the same memory, which lives on.
  package init(_ rows: Range<Int>, of table: FactorTable) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= table.rowCount)
    rowCount = rows.count
    rank = table.rank
    hasBias = table.hasBias
    stride = table.stride
    memory = table.memory
    unsafe start = table.start + rows.lowerBound * table.stride
  }

  /// The first row.
  ///
  /// Valid as long as the table lives.
  package var base: UnsafePointer<Float> {
    unsafe UnsafePointer(start)
  }

  /// The first row, to write: for steps through many rows, which their callers keep apart.
  package var writableBase: UnsafeMutablePointer<Float> {
    unsafe start
  }

  /// A row to write, `stride` floats; its worker alone may touch it before the phase ends.
  package func writableRow(_ index: Int) -> UnsafeMutablePointer<Float> {
    precondition(index >= 0 && index < rowCount, "row \(index) of \(rowCount)")
    return unsafe start + index * stride
  }

  /// The factors of a row, without bias or padding.
  package func factors(_ index: Int) -> [Float] {
    precondition(index >= 0 && index < rowCount, "row \(index) of \(rowCount)")
    return unsafe Array(UnsafeBufferPointer(start: base + index * stride, count: rank))
  }

  /// The bias of a row; 0 where the model has none.
  package func bias(_ index: Int) -> Float {
    precondition(index >= 0 && index < rowCount, "row \(index) of \(rowCount)")
    return hasBias ? unsafe base[index * stride + rank] : 0
  }

  /// Sets a row's factors and, where the model has one, its bias.
  package func setRow(_ index: Int, factors: some Sequence<Float>, bias: Float = 0) {
    let row = unsafe writableRow(index)
    var position = 0
    for factor in factors {
      precondition(position < rank)
      unsafe row[position] = factor
      position += 1
    }
    precondition(position == rank)
    if hasBias { unsafe row[rank] = bias }
  }
}
