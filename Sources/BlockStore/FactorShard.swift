import BlockMatrix

/// A block of factors as a safetensors file: `users-00000.safetensors`.
///
/// Tensor `factors`, rows × rank, and where the model has biases `bias`, rows; 32-bit floats, no
/// padding between rows. The header is exactly the one that ``header`` makes: no other is read.
struct FactorShard {
  let side: Side
  let block: Int
  let indices: Range<Int>
  let rank: Int
  let hasBias: Bool

  var fileName: String { "\(side.plural)-\(Path.number(block, digits: 5)).safetensors" }

  /// The length of the JSON, then the JSON, with spaces up to a multiple of 8 bytes.
  var header: [UInt8] {
    let factorsEnd = indices.count * rank * 4
    let bias =
      hasBias
      ? ",\"bias\":{\"dtype\":\"F32\",\"shape\":[\(indices.count)],"
        + "\"data_offsets\":[\(factorsEnd),\(factorsEnd + indices.count * 4)]}" : ""
    let json =
      "{\"__metadata__\":{\"format\":\"blockals 1\",\"side\":\"\(side.rawValue)\","
      + "\"block\":\"\(block)\",\"first_index\":\"\(indices.lowerBound)\",\"rank\":\"\(rank)\"},"
      + "\"factors\":{\"dtype\":\"F32\",\"shape\":[\(indices.count),\(rank)],"
      + "\"data_offsets\":[0,\(factorsEnd)]}\(bias)}"
    let padding = (8 - json.utf8.count % 8) % 8
    var encoder = ByteEncoder()
    encoder.put(UInt64(json.utf8.count + padding))
    encoder.put(Array(json.utf8))
    encoder.put([UInt8](repeating: 0x20, count: padding))
    return encoder.bytes
  }

  /// The length of the whole file, or nothing where no file can be so long.
  var byteCount: Int? {
    let (floats, overflow) = indices.count.multipliedReportingOverflow(by: rank + (hasBias ? 1 : 0))
    guard !overflow, floats < 1 << 56 else { return nil }
    return header.count + floats * 4
  }

  /// The parts of the data, in the order of the file: rows, and the table's columns they fill.
  private var parts: [(rows: Range<Int>, columns: Range<Int>)] {
    var parts: [(rows: Range<Int>, columns: Range<Int>)] = []
    for columns in [0..<rank] + (hasBias ? [rank..<rank + 1] : []) where !columns.isEmpty {
      for rows in Chunks.rows(of: indices.count, width: columns.count) {
        let first = indices.lowerBound
        parts.append((first + rows.lowerBound..<first + rows.upperBound, columns))
      }
    }
    return parts
  }

  /// Writes the block's rows of a table into a new file, down to the disk.
  func write(
    _ table: FactorTable, to path: String, in fileSystem: any FileSystem
  ) throws(Failure) -> FileFacts {
    let file = try fileSystem.create(path)
    do throws(Failure) {
      var checksum = try StreamingChecksum()
      var byteCount = 0
      for (number, part) in ([(0..<0, 0..<0)] + parts).enumerated() {
        let bytes = number == 0 ? header : table.bytes(of: part.0, columns: part.1)
        checksum.add(bytes)
        byteCount += bytes.count
        try file.write(bytes)
      }
      try file.commit()
      return FileFacts(byteCount: byteCount, xxh3: Checksum.hex(checksum.digest64))
    } catch {
      try? file.close()
      try? fileSystem.removeFile(path)
      throw error
    }
  }

  /// Reads a file into its rows of a table, or only checks it where there is no table.
  ///
  /// - Throws: `.data` where the file is not, byte for byte, what the manifest says, or holds a
  ///   number that is not finite. The table's rows are meaningless then.
  func read(
    _ path: String, expected: FileFacts, into table: FactorTable?, in fileSystem: any FileSystem
  ) throws(Failure) {
    let file = try fileSystem.open(path, streaming: false)
    try expected.check(byteCount: file.byteCount, of: path)
    let header = header
    guard file.byteCount == byteCount else {
      throw damaged(path, "header", 0, "\(file.byteCount) bytes do not fit its block")
    }
    var checksum = try StreamingChecksum()
    let found = try file.read(count: header.count, at: 0)
    checksum.add(found)
    guard found == header else {
      let offset = zip(found, header).prefix { $0 == $1 }.count
      throw damaged(path, "header", offset, "is not the header of this block")
    }
    var offset = header.count
    for part in parts {
      let floatCount = part.rows.count * part.columns.count
      let bytes = try file.read(count: floatCount * 4, at: offset)
      checksum.add(bytes)
      let floats = [Float](littleEndian: bytes)
      if let position = floats.firstIndex(where: { !$0.isFinite }) {
        throw damaged(
          path, part.columns.lowerBound == 0 ? "factors" : "bias", offset + position * 4,
          "\(floats[position]) is no finite number")
      }
      table?.setBytes(bytes, of: part.rows, columns: part.columns)
      offset += bytes.count
    }
    try expected.check(xxh3: checksum.digest64, of: path)
  }

  private func damaged(
    _ path: String, _ section: String, _ offset: Int, _ message: String
  ) -> Failure {
    Failure(
      .data, at: "\(path), section \(section), offset \(offset)", message,
      hint: ShardFile.damageHint)
  }
}

extension FactorTable {
  /// The bytes of some columns of some rows, row after row.
  func bytes(of rows: Range<Int>, columns: Range<Int>) -> [UInt8] {
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

  /// Sets some columns of some rows from the bytes of their floats, row after row.
  func setBytes(_ bytes: [UInt8], of rows: Range<Int>, columns: Range<Int>) {
    let rowByteCount = columns.count * 4
    precondition(rows.upperBound <= rowCount && columns.upperBound <= width)
    precondition(bytes.count == rows.count * rowByteCount)
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      for (position, row) in rows.enumerated() {
        unsafe UnsafeMutableRawPointer(writableRow(row) + columns.lowerBound).copyMemory(
          from: start + position * rowByteCount, byteCount: rowByteCount)
      }
    }
  }
}

/// Cuts long work on tables into pieces of about a megabyte.
enum Chunks {
  static func rows(of rowCount: Int, width: Int) -> [Range<Int>] {
    let step = max(1, (1 << 18) / max(1, width))
    return stride(from: 0, to: rowCount, by: step).map { $0..<min($0 + step, rowCount) }
  }
}
