import BlockMatrix

/// A side's ids and counts as a file: `users.ids`, `items.ids`.
enum IdShard {
  static func fileName(_ side: Side) -> String { "\(side.plural).ids" }

  static func encode(_ table: IdTable, side: Side) throws(Failure) -> [UInt8] {
    var lengths: [UInt32] = []
    for (begin, end) in zip(table.offsets, table.offsets.dropFirst()) {
      guard let length = UInt32(exactly: end - begin) else {
        throw Failure(.data, "an id of \(end - begin) bytes is too long")
      }
      lengths.append(length)
    }
    let ratingCount = table.counts.reduce(0) { $0 + Int($1) }
    return try ShardFile.encode(
      ShardHeader(kind: .ids, side: side, rowCount: table.count, entryCount: ratingCount),
      sections: [
        (.idLengths, Varint.encode(lengths)), (.idBytes, table.bytes),
        (.counts, Varint.encode(table.counts)),
      ])
  }

  /// The bytes that reading ids takes, as their file's header says.
  ///
  /// The file and its expanded sections, and the table made of them: lengths, offsets and counts.
  static func memory(
    _ path: String, rowCount: Int, in fileSystem: any FileSystem
  ) throws(Failure) -> Int {
    let file = try fileSystem.open(path, streaming: false)
    let header = try ShardHeader(
      decoding: try file.read(count: min(file.byteCount, ShardHeader.mostBytes), at: 0),
      byteCount: file.byteCount, path: path)
    // What does not fit the manifest is refused when it is read.
    return header.sections.reduce(file.byteCount) { $0 + $1.rawCount } + rowCount * 16
  }

  static func read(
    _ path: String, side: Side, expected: FileFacts?, in fileSystem: any FileSystem
  ) throws(Failure) -> IdTable {
    let file = try ShardFile(path, in: fileSystem, expected: expected)
    let header = file.header
    guard header.kind == .ids, header.side == side, header.block == 0, header.firstIndex == 0,
      header.distinctColumnCount == 0
    else {
      throw file.damagedHeader(16, "is not the file of the \(side.plural)' ids")
    }
    try file.requireSections([.idLengths, .idBytes, .counts])
    let offsets = try file.varints(.idLengths, count: header.rowCount).offsets
    let sum = offsets[offsets.count - 1]
    let bytes = try file.section(.idBytes, rawCounts: sum...sum)
    let counts = try file.varints(.counts, count: header.rowCount)
    guard counts.reduce(0, { $0 + Int($1) }) == header.entryCount else {
      throw file.broken(.counts, "the counts do not sum up to \(header.entryCount)")
    }
    return IdTable(bytes: bytes, offsets: offsets, counts: counts)
  }
}
