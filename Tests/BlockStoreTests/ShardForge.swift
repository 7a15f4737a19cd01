import BlockMatrix
import BlockStore

/// Takes a shard apart and puts it together again with whatever is wrong in it.
///
/// Every checksum is right then: it is what a hostile writer could make. It follows
/// Partitions/README.md, not the store's code.
struct ShardForge {
  struct Section {
    var kind: UInt32
    var codec: UInt32 = 1
    var raw: [UInt8] = []
    var stored: [UInt8]
    /// Written in place of the right numbers.
    var offset: UInt64?
    var storedCount: UInt64?
    var rawCount: UInt64?
    var storedChecksum: UInt64?
    var rawChecksum: UInt64

    /// Content of which every number is right.
    init(_ kind: UInt32, raw: [UInt8]) throws(Failure) {
      self.kind = kind
      self.raw = raw
      stored = try Zstandard.compress(raw)
      rawCount = UInt64(raw.count)
      rawChecksum = Checksum.xxh3(raw)
    }

    /// A section of a file, not expanded.
    init(_ entry: [UInt8], in file: [UInt8]) {
      kind = UInt32(littleEndian(entry[0..<4]))
      let offset = Int(littleEndian(entry[8..<16]))
      stored = Array(file[offset..<offset + Int(littleEndian(entry[16..<24]))])
      rawCount = littleEndian(entry[24..<32])
      rawChecksum = littleEndian(entry[40..<48])
    }
  }

  /// The first 64 bytes.
  var fixed: [UInt8]
  var sections: [Section]
  var end: [UInt8] = []
  var fileLength: UInt64?

  init(_ file: [UInt8]) {
    fixed = Array(file[..<64])
    let count = Int(littleEndian(file[18..<20]))
    sections = (0..<count).map { Section(Array(file[64 + 48 * $0..<112 + 48 * $0]), in: file) }
  }

  mutating func set(_ value: UInt64, at offset: Int, bytes: Int) {
    for position in 0..<bytes {
      fixed[offset + position] = UInt8(truncatingIfNeeded: value >> UInt64(8 * position))
    }
  }

  /// Gives a section other content.
  mutating func replace(_ kind: UInt32, with raw: [UInt8]) throws(Failure) {
    guard let position = sections.firstIndex(where: { $0.kind == kind }) else { return }
    sections[position] = try Section(kind, raw: raw)
  }

  /// The file, its header's checksum right.
  func file() -> [UInt8] {
    var copy = self
    let begin = 64 + 48 * sections.count + 8
    let body = sections.flatMap(\.stored) + end
    copy.set(UInt64(sections.count), at: 18, bytes: 2)
    copy.set(fileLength ?? UInt64(begin + body.count), at: 56, bytes: 8)
    var header = copy.fixed
    var offset = begin
    for section in sections {
      header += bytes(UInt64(section.kind), 4) + bytes(UInt64(section.codec), 4)
      header += bytes(section.offset ?? UInt64(offset), 8)
      header += bytes(section.storedCount ?? UInt64(section.stored.count), 8)
      header += bytes(section.rawCount ?? 0, 8)
      header += bytes(section.storedChecksum ?? Checksum.xxh3(section.stored), 8)
      header += bytes(section.rawChecksum, 8)
      offset += section.stored.count
    }
    return header + bytes(Checksum.xxh3(header), 8) + body
  }
}

/// A number's lowest bytes, the lowest first.
private func bytes(_ number: UInt64, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
}

/// The number that bytes stand for, the lowest first.
func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

/// The bytes of floats.
func floats(_ values: [Float]) -> [UInt8] { values.flatMap { bytes(UInt64($0.bitPattern), 4) } }

/// Makes a manifest, with its checksum right, that says something else.
enum ManifestForge {
  static func replace(_ old: String, with new: String, in manifest: [UInt8]) -> [UInt8] {
    let text = String(decoding: manifest, as: UTF8.self)
    guard let range = text.firstRange(of: old) else { return manifest }
    return seal(text.replacingCharacters(in: range, with: new))
  }

  /// Puts the right checksum under a manifest.
  static func seal(_ text: String) -> [UInt8] {
    let body = Array(text.utf8.dropLast(tailByteCount))
    return body + Array(",\n  \"xxh3\" : \"\(Checksum.hex(Checksum.xxh3(body)))\"\n}\n".utf8)
  }

  static let tailByteCount = ",\n  \"xxh3\" : \"0123456789abcdef\"\n}\n".utf8.count

  /// The manifest that knows `file` in place of `old`.
  static func adopt(_ file: [UInt8], for old: [UInt8], in manifest: [UInt8]) -> [UInt8] {
    func hex(_ bytes: [UInt8]) -> String { Checksum.hex(Checksum.xxh3(bytes)) }
    // The length stands before the checksum in the same object.
    let text = String(decoding: manifest, as: UTF8.self)
    guard let checksum = text.firstRange(of: hex(old)),
      let length = text[..<checksum.lowerBound].ranges(of: "\"byteCount\" : \(old.count)").last
    else { return manifest }
    var changed = text.replacingCharacters(in: checksum, with: hex(file))
    changed = changed.replacingCharacters(in: length, with: "\"byteCount\" : \(file.count)")
    return seal(changed)
  }
}

extension String {
  func replacingCharacters(in range: Range<String.Index>, with new: String) -> String {
    String(self[..<range.lowerBound]) + new + String(self[range.upperBound...])
  }
}
