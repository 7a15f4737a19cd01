import BlockMatrix

/// A block of factors as a safetensors file: `users-00000.safetensors`.
///
/// Tensor `factors`, rows × rank, and where the model has biases `bias`, rows; 32-bit floats, no
/// padding between rows. The header is exactly the one that ``header`` makes: no other is read.
struct FactorShard: Sendable {
  let side: Side
  let block: Int
  let indices: Range<Int>
  let rank: Int
  let hasBias: Bool

  var fileName: String { "\(side.plural)-\(Path.number(block, digits: 5)).safetensors" }

  var header: [UInt8] {
    Safetensors.header(
      metadata: [
        ("format", "blockals 1"), ("side", side.rawValue), ("block", "\(block)"),
        ("first_index", "\(indices.lowerBound)"), ("rank", "\(rank)"),
      ],
      tensors: [("factors", [indices.count, rank])] + (hasBias ? [("bias", [indices.count])] : []))
  }

  /// The length of the whole file, or `nil` where no file can be so long.
  var byteCount: Int? {
    let (floats, overflow) = indices.count.multipliedReportingOverflow(by: rank + (hasBias ? 1 : 0))
    // So that four bytes each, and the header, still fit into a number.
    guard !overflow, floats < 1 << 56 else { return nil }
    return header.count + floats * 4
  }

  // MARK: Pieces

  /// Rows that are read and written together: a quarter of a megabyte of factors.
  ///
  /// Small, because whoever wants one row reads its piece; not smaller, because each piece has a
  /// checksum to be remembered, and costs a call of the system.
  var pieceRows: Int { max(1, (1 << 16) / max(1, rank)) }
  var pieceCount: Int { (indices.count + pieceRows - 1) / pieceRows }

  /// The rows of a piece, from the block's first.
  func rows(ofPiece piece: Int) -> Range<Int> {
    piece * pieceRows..<min(indices.count, (piece + 1) * pieceRows)
  }

  /// The tensors in the order of the file, as columns of a table; a tensor of no columns has no
  /// bytes.
  private var tensors: [Range<Int>] {
    [0..<rank] + (hasBias ? [rank..<rank + 1] : [])
  }

  /// Where the bytes of some rows of a tensor lie, from the end of the header.
  private func place(_ columns: Range<Int>, _ rows: Range<Int>) -> Range<Int> {
    let tensor = columns.lowerBound * indices.count
    let first = (tensor + rows.lowerBound * columns.count) * 4
    return first..<first + rows.count * columns.count * 4
  }

  /// By what a piece is known again that was read once already: XXH3-64 of each tensor's bytes.
  struct PieceChecksum: Sendable {
    fileprivate(set) var tensors: [UInt64] = []
  }

  // MARK: Writing

  /// Writes the block's rows of a table into a new file, down to the disk.
  ///
  /// - Parameter first: The index of the table's first row.
  func write(
    _ table: FactorTable, from first: Int = 0, to path: String, in fileSystem: any FileSystem
  ) throws(Failure) -> FileFacts {
    let file = try fileSystem.create(path)
    do throws(Failure) {
      var checksum = try StreamingChecksum()
      var byteCount = 0
      func put(_ bytes: [UInt8]) throws(Failure) {
        checksum.add(bytes)
        byteCount += bytes.count
        try file.write(bytes)
      }
      try put(header)
      for columns in tensors where !columns.isEmpty {
        for piece in 0..<pieceCount {
          let rows = rows(ofPiece: piece)
          let start = indices.lowerBound - first
          try put(
            table.bytes(
              of: start + rows.lowerBound..<start + rows.upperBound, columns: columns))
        }
      }
      try file.commit()
      return FileFacts(byteCount: byteCount, xxh3: Checksum.hex(checksum.digest64))
    } catch {
      try? file.close()
      try? fileSystem.removeFile(path)
      throw error
    }
  }

  // MARK: Reading

  /// Reads a whole file and checks every byte of it.
  ///
  /// - Parameters:
  ///   - table: Takes the rows where it is given; they mean nothing after a failure.
  ///   - first: The index of the table's first row.
  /// - Returns: The checksum of each piece, for ``read(piece:of:known:moves:into:)``.
  /// - Throws: `.data` where the file is not, byte for byte, what the manifest says, or holds a
  ///   number that is not finite.
  @discardableResult
  func check(
    _ file: any ReadableFile, expected: FileFacts, into table: FactorTable? = nil,
    from first: Int = 0
  ) throws(Failure) -> [PieceChecksum] {
    try expected.check(byteCount: file.byteCount, of: file.path)
    let header = header
    guard file.byteCount == byteCount else {
      throw damaged(file, "header", 0, "\(file.byteCount) bytes do not fit its block")
    }
    var checksum = try StreamingChecksum()
    let found = try file.read(count: header.count, at: 0)
    checksum.add(found)
    // Compared, not understood: there is one header for these rows, and no parser to be led astray.
    guard found == header else {
      let offset = zip(found, header).prefix { $0 == $1 }.count
      throw damaged(file, "header", offset, "is not the header of this block")
    }
    var pieces = [PieceChecksum](repeating: PieceChecksum(), count: pieceCount)
    for columns in tensors {
      for piece in 0..<pieceCount {
        let rows = rows(ofPiece: piece)
        let bytes = try read(columns, rows, of: file, header.count)
        checksum.add(bytes)
        pieces[piece].tensors.append(Checksum.xxh3(bytes))
        // One such number in a row, and every score of the row is one.
        try requireFinite(bytes, columns, rows, of: file, header.count)
        for (position, row) in rows.enumerated() {
          table?.setRow(
            indices.lowerBound - first + row, columns: columns, from: bytes, at: position)
        }
      }
    }
    try expected.check(xxh3: checksum.digest64, of: file.path)
    return pieces
  }

  /// Reads rows of one piece of a file that was found whole.
  ///
  /// - Parameters:
  ///   - known: What ``check(_:expected:into:from:)`` returned for the piece.
  ///   - moves: Which rows, from the block's first, and the rows of `table` that they become.
  /// - Throws: `.data` where the piece is no longer what it was.
  func read(
    piece: Int, of file: any ReadableFile, known: PieceChecksum,
    moves: [(row: Int, target: Int)], into table: FactorTable
  ) throws(Failure) {
    let headerCount = header.count
    let rows = rows(ofPiece: piece)
    for (columns, checksum) in zip(tensors, known.tensors) {
      let bytes = try read(columns, rows, of: file, headerCount)
      guard Checksum.xxh3(bytes) == checksum else {
        throw damaged(
          file, name(columns), headerCount + place(columns, rows).lowerBound,
          "has changed since it was found whole")
      }
      for (row, target) in moves {
        table.setRow(target, columns: columns, from: bytes, at: row - rows.lowerBound)
      }
    }
  }

  private func read(
    _ columns: Range<Int>, _ rows: Range<Int>, of file: any ReadableFile, _ headerCount: Int
  ) throws(Failure) -> [UInt8] {
    guard !columns.isEmpty else { return [] }
    let place = place(columns, rows)
    return try file.read(count: place.count, at: headerCount + place.lowerBound)
  }

  private func requireFinite(
    _ bytes: [UInt8], _ columns: Range<Int>, _ rows: Range<Int>, of file: any ReadableFile,
    _ headerCount: Int
  ) throws(Failure) {
    guard let position = bytes.firstFloatThatIsNotFinite else { return }
    let value = [Float](littleEndian: Array(bytes[(position * 4)...].prefix(4)))[0]
    throw damaged(
      file, name(columns), headerCount + place(columns, rows).lowerBound + position * 4,
      "\(value) is no finite number")
  }

  private func name(_ columns: Range<Int>) -> String {
    columns.lowerBound == rank ? "bias" : "factors"
  }

  private func damaged(
    _ file: any ReadableFile, _ section: String, _ offset: Int, _ message: String
  ) -> Failure {
    Failure(
      .data, at: "\(file.path), section \(section), offset \(offset)", message,
      hint: ShardFile.damageHint)
  }
}

extension [UInt8] {
  /// The position, among the floats whose bytes these are, of the first that is infinite or no
  /// number.
  fileprivate var firstFloatThatIsNotFinite: Int? {
    // An exponent of ones alone. All are looked at before the first is searched for: a loop without
    // a way out is done many floats at a time, and as a rule there is none to find.
    let ones: UInt32 = 0x7F80_0000
    return unsafe withUnsafeBytes { bytes -> Int? in
      let count = bytes.count / 4
      var isFound: UInt32 = 0
      for position in 0..<count {
        let bits = unsafe bytes.loadUnaligned(fromByteOffset: position * 4, as: UInt32.self)
        isFound |= bits & ones == ones ? 1 : 0
      }
      guard isFound != 0 else { return nil }
      return (0..<count).first {
        unsafe bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self) & ones == ones
      }
    }
  }
}

extension FactorTable {
  /// The bytes of some columns of some rows, row after row.
  package func bytes(of rows: Range<Int>, columns: Range<Int>) -> [UInt8] {
    precondition(rows.upperBound <= rowCount && columns.upperBound <= width)
    let rowByteCount = columns.count * 4
    let byteCount = rows.count * rowByteCount
    return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { bytes, filled in
      if let target = UnsafeMutableRawPointer(bytes.baseAddress) {
        for (position, row) in rows.enumerated() {
          unsafe (target + position * rowByteCount).copyMemory(
            from: base + row * stride + columns.lowerBound, byteCount: rowByteCount)
        }
      }
      filled = byteCount
    }
  }

  /// Sets a row to one of another table of the same shape.
  package func setRow(_ row: Int, to other: Int, of table: FactorTable) {
    precondition(table.rank == rank && table.hasBias == hasBias)
    precondition(other >= 0 && other < table.rowCount, "row \(other) of \(table.rowCount)")
    unsafe writableRow(row).update(from: table.base + other * stride, count: width)
  }

  /// Sets some columns of a row from the bytes of rows of so many columns.
  ///
  /// - Parameter position: Which of the rows that `bytes` holds.
  fileprivate func setRow(
    _ row: Int, columns: Range<Int>, from bytes: [UInt8], at position: Int
  ) {
    let rowByteCount = columns.count * 4
    precondition(columns.upperBound <= width && (position + 1) * rowByteCount <= bytes.count)
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress, rowByteCount > 0 else { return }
      unsafe UnsafeMutableRawPointer(writableRow(row) + columns.lowerBound).copyMemory(
        from: start + position * rowByteCount, byteCount: rowByteCount)
    }
  }
}
