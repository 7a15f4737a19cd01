import BlockMatrix

// Rows of a table as they go to another process: factors and bias side by side, without padding.
extension FactorTable {
  /// The bytes of some rows, one after another.
  package func bytes(of rows: ArraySlice<UInt32>) -> [UInt8] {
    let rowByteCount = width * 4
    let byteCount = rows.count * rowByteCount
    return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { bytes, filled in
      if var target = UnsafeMutableRawPointer(bytes.baseAddress) {
        for row in rows {
          precondition(row < rowCount, "row \(row) of \(rowCount)")
          unsafe target.copyMemory(from: base + Int(row) * stride, byteCount: rowByteCount)
          unsafe target += rowByteCount
        }
      }
      filled = byteCount
    }
  }

  /// Sets rows that lie side by side from their bytes, which begin at `offset`.
  package func setRows(_ rows: Range<Int>, from bytes: [UInt8], at offset: Int) {
    let rowByteCount = width * 4
    precondition(bytes.count >= offset + rows.count * rowByteCount)
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress, rowByteCount > 0 else { return }
      for (position, row) in rows.enumerated() {
        unsafe UnsafeMutableRawPointer(writableRow(row)).copyMemory(
          from: start + offset + position * rowByteCount, byteCount: rowByteCount)
      }
    }
  }
}
