import BlockMatrix

/// A file made of sections: a header, then compressed sections without gaps.
struct ShardFile {
  static let damageHint = "the file is damaged: restore it, or make the directory anew"

  let path: String
  let header: ShardHeader
  private let bytes: [UInt8]
  private let decompressor: Decompressor

  /// Puts sections behind a header.
  static func encode(
    _ header: ShardHeader, sections: [(kind: SectionKind, raw: [UInt8])]
  ) throws(Failure) -> [UInt8] {
    var header = header
    var body: [UInt8] = []
    let begin = ShardHeader.byteCount(sections: sections.count)
    for (kind, raw) in sections {
      let stored = try Zstandard.compress(raw)
      header.sections.append(
        SectionEntry(
          kind: kind, offset: begin + body.count, storedCount: stored.count, rawCount: raw.count,
          storedChecksum: Checksum.xxh3(stored), rawChecksum: Checksum.xxh3(raw)))
      body += stored
    }
    return header.encoded() + body
  }

  /// Takes over a file's bytes once its header and all stored bytes have proved right.
  ///
  /// - Parameter expected: The whole file's length and checksum, where a manifest states them.
  init(
    _ path: String, in fileSystem: any FileSystem, expected: FileFacts?
  ) throws(Failure) {
    let file = try fileSystem.open(path, streaming: false)
    if let expected { try expected.check(byteCount: file.byteCount, of: path) }
    let bytes = try file.read(count: file.byteCount, at: 0)
    header = try ShardHeader(decoding: bytes, byteCount: bytes.count, path: path)
    self.path = path
    self.bytes = bytes
    decompressor = try Decompressor()
    // All that is stored is checked before any of it is expanded: no decoder gets to see damage.
    for section in header.sections {
      let stored = bytes[section.offset..<section.offset + section.storedCount]
      guard Checksum.xxh3(stored) == section.storedChecksum else {
        throw damaged(section, "the checksum does not fit the section's bytes")
      }
    }
    if let expected { try expected.check(xxh3: Checksum.xxh3(bytes), of: path) }
  }

  /// The section kinds must be exactly these, in this order.
  func requireSections(_ kinds: [SectionKind]) throws(Failure) {
    guard header.sections.map(\.kind) == kinds else {
      let found = header.sections.map(\.kind.name).joined(separator: ", ")
      let wanted = kinds.map(\.name).joined(separator: ", ")
      throw damagedHeader(64, "has sections \(found), not \(wanted)")
    }
  }

  /// Whether the values are written as codes.
  var hasDictionary: Bool { header.sections.contains { $0.kind == .dictionary } }

  /// Expands a section whose length has to lie in `rawCounts`.
  func section(_ kind: SectionKind, rawCounts: ClosedRange<Int>) throws(Failure) -> [UInt8] {
    guard let section = header.sections.first(where: { $0.kind == kind }) else {
      throw Failure(.data, at: path, "has no section \(kind.name)", hint: Self.damageHint)
    }
    // Before it is expanded: no header may ask for any amount of memory.
    guard rawCounts.contains(section.rawCount) else {
      let wanted =
        rawCounts.count == 1
        ? "\(rawCounts.lowerBound)" : "\(rawCounts.lowerBound) to \(rawCounts.upperBound)"
      throw damaged(section, "expands to \(section.rawCount) bytes, not \(wanted)")
    }
    let range = section.offset..<section.offset + section.storedCount
    guard let raw = decompressor.expand(bytes, range, rawCount: section.rawCount) else {
      throw damaged(section, "is no zstd frame of \(section.rawCount) bytes")
    }
    guard Checksum.xxh3(raw) == section.rawChecksum else {
      throw damaged(section, "the checksum does not fit the expanded bytes")
    }
    return raw
  }

  /// A failure of what the header says at an offset.
  func damagedHeader(_ offset: Int, _ message: String) -> Failure {
    Failure(.data, at: "\(path), header, offset \(offset)", message, hint: Self.damageHint)
  }

  /// A failure that names a section and its place in the file.
  func damaged(_ section: SectionEntry, _ message: String) -> Failure {
    Failure(
      .data, at: "\(path), section \(section.kind.name), offset \(section.offset)", message,
      hint: Self.damageHint)
  }

  /// A failure in what a section says.
  func broken(_ kind: SectionKind, _ message: String) -> Failure {
    let section = header.sections.first { $0.kind == kind }
    return section.map { damaged($0, message) } ?? Failure(.data, at: path, message)
  }
}

/// A file as a manifest knows it.
package struct FileFacts: Codable, Sendable, Equatable {
  package let byteCount: Int
  /// XXH3-64 of all its bytes, as 16 hexadecimal digits.
  package let xxh3: String

  package init(byteCount: Int, xxh3: String) {
    self.byteCount = byteCount
    self.xxh3 = xxh3
  }
}

extension FileFacts {
  init(_ bytes: [UInt8]) {
    self.init(byteCount: bytes.count, xxh3: Checksum.hex(Checksum.xxh3(bytes)))
  }

  func check(byteCount found: Int, of path: String) throws(Failure) {
    guard found == byteCount else {
      throw Failure(
        .data, at: "\(path), offset \(min(found, byteCount))",
        "has \(found) bytes, its manifest says \(byteCount)",
        hint: ShardFile.damageHint)
    }
  }

  func check(xxh3 found: UInt64, of path: String) throws(Failure) {
    guard Checksum.hex(found) == xxh3 else {
      throw Failure(
        .data, at: "\(path), offset 0",
        "has the checksum \(Checksum.hex(found)), its manifest says \(xxh3)",
        hint: ShardFile.damageHint)
    }
  }
}
