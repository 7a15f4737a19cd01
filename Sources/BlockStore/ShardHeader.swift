import BlockMatrix

/// What a file made of sections holds.
enum ShardKind: UInt8 {
  case ratings = 1
  case ids = 2
  case holdout = 3
}

/// What a section holds.
///
/// Numbers are never used again for something else.
enum SectionKind: UInt32 {
  case counts = 1
  case columns = 2
  case dictionary = 3
  case codes = 4
  case values = 5
  case idLengths = 6
  case idBytes = 7
  case users = 8
  case items = 9

  /// The name in messages and in the format document.
  var name: String { "\(self)" }
}

/// Where a section stands in its file, and the checksums of it.
struct SectionEntry: Equatable {
  var kind: SectionKind
  var offset: Int
  var storedCount: Int
  var rawCount: Int
  /// XXH3-64 of the bytes in the file.
  var storedChecksum: UInt64
  /// XXH3-64 of the bytes before compression.
  var rawChecksum: UInt64
}

/// The beginning of every file made of sections: who it is, and where its sections are.
///
/// Encoding and decoding stand side by side, in the order of the drawing in Partitions/README.md.
struct ShardHeader: Equatable {
  static let magic: [UInt8] = [0x89, 0x42, 0x41, 0x4C, 0x53, 0x0D, 0x0A, 0x1A]
  static let majorVersion: UInt16 = 1
  static let minorVersion: UInt16 = 0
  static let fixedByteCount = 64
  static let entryByteCount = 48
  static let mostSections = 16
  /// XXH3 of everything before it ends the header.
  static let checksumByteCount = 8
  /// The only codec: one zstd frame.
  static let zstandard: UInt32 = 1

  var kind: ShardKind
  var side: Side
  var block = 0
  var firstIndex = 0
  var rowCount: Int
  var entryCount: Int
  var distinctColumnCount = 0
  var sections: [SectionEntry] = []

  /// The most bytes that a header has.
  static var mostBytes: Int { byteCount(sections: mostSections) }

  static func byteCount(sections: Int) -> Int {
    fixedByteCount + sections * entryByteCount + checksumByteCount
  }

  /// The header's bytes; `sections` is complete.
  func encoded() -> [UInt8] {
    var encoder = ByteEncoder()
    encoder.put(Self.magic)
    encoder.put(Self.majorVersion)
    encoder.put(Self.minorVersion)
    encoder.put(UInt32(0))
    encoder.put(kind.rawValue)
    encoder.put(UInt8(side == .user ? 0 : 1))
    encoder.put(UInt16(sections.count))
    encoder.put(UInt32(block))
    encoder.put(UInt64(firstIndex))
    encoder.put(UInt64(rowCount))
    encoder.put(UInt64(entryCount))
    encoder.put(UInt64(distinctColumnCount))
    let end = sections.last.map { $0.offset + $0.storedCount }
    encoder.put(UInt64(end ?? Self.byteCount(sections: 0)))
    for section in sections {
      encoder.put(section.kind.rawValue)
      encoder.put(Self.zstandard)
      encoder.put(UInt64(section.offset))
      encoder.put(UInt64(section.storedCount))
      encoder.put(UInt64(section.rawCount))
      encoder.put(section.storedChecksum)
      encoder.put(section.rawChecksum)
    }
    encoder.put(Checksum.xxh3(encoder.bytes))
    return encoder.bytes
  }
}

extension ShardHeader {
  /// Reads and checks a file's header.
  ///
  /// - Parameters:
  ///   - file: The file, or as much of its beginning as a header can fill.
  ///   - byteCount: The length of the whole file.
  /// - Throws: `.data` with the offset of what breaks a rule; `.mismatch` where the file was
  ///   written by a newer version.
  init(decoding file: [UInt8], byteCount: Int, path: String) throws(Failure) {
    func damaged(_ offset: Int, _ message: String) -> Failure {
      Failure(.data, at: "\(path), header, offset \(offset)", message, hint: ShardFile.damageHint)
    }
    guard file.count >= Self.byteCount(sections: 0) else {
      throw damaged(file.count, "the file ends within its header")
    }
    guard file.prefix(8).elementsEqual(Self.magic) else {
      throw damaged(0, "begins with \"\(printable(file.prefix(8)))\", not as a file of blockals")
    }
    var decoder = ByteDecoder(file, at: 8)
    let major = decoder.take(UInt16.self)
    _ = decoder.take(UInt16.self)
    let flags = decoder.take(UInt32.self)
    let (kindByte, sideByte) = (decoder.take(UInt8.self), decoder.take(UInt8.self))
    let sectionCount = Int(decoder.take(UInt16.self))
    let end = Self.byteCount(sections: sectionCount)
    guard sectionCount <= Self.mostSections, end <= file.count else {
      throw damaged(18, "\(sectionCount) sections do not fit")
    }
    let checksumOffset = end - Self.checksumByteCount
    // Before the version: a flipped bit must not read as a newer format.
    var checksum = ByteDecoder(file, at: checksumOffset)
    guard checksum.take(UInt64.self) == Checksum.xxh3(file[..<checksumOffset]) else {
      throw damaged(checksumOffset, "the header's checksum does not fit its bytes")
    }
    guard major == Self.majorVersion, flags == 0 else {
      throw Failure(
        .mismatch, at: path, "has format \(major), flags \(flags); this program reads format 1",
        hint: "use a newer blockals")
    }
    guard let kind = ShardKind(rawValue: kindByte) else {
      throw damaged(16, "kind \(kindByte) is unknown")
    }
    guard sideByte <= 1 else { throw damaged(17, "side \(sideByte) is unknown") }
    self.kind = kind
    side = sideByte == 0 ? .user : .item
    block = Int(decoder.take(UInt32.self))
    var numbers: [Int] = []
    for _ in 0..<5 {
      guard let number = Int(exactly: decoder.take(UInt64.self)) else {
        throw damaged(decoder.offset - 8, "the number is too large")
      }
      numbers.append(number)
    }
    (firstIndex, rowCount, entryCount) = (numbers[0], numbers[1], numbers[2])
    distinctColumnCount = numbers[3]
    guard numbers[4] == byteCount else {
      throw damaged(56, "the file has \(byteCount) bytes, its header says \(numbers[4])")
    }
    var next = end
    for _ in 0..<sectionCount {
      let place = decoder.offset
      let section = try Self.takeEntry(&decoder, next, byteCount) { damaged(place, $0) }
      sections.append(section)
      next = section.offset + section.storedCount
    }
    guard next == byteCount else { throw damaged(next, "bytes after the last section") }
  }

  /// Reads one entry of the section table: each section begins where the one before it ends.
  private static func takeEntry(
    _ decoder: inout ByteDecoder, _ begin: Int, _ fileCount: Int,
    damaged: (String) -> Failure
  ) throws(Failure) -> SectionEntry {
    let (kindNumber, codec) = (decoder.take(UInt32.self), decoder.take(UInt32.self))
    let lengths = (0..<3).map { _ in decoder.take(UInt64.self) }
    let checksums = (decoder.take(UInt64.self), decoder.take(UInt64.self))
    guard let kind = SectionKind(rawValue: kindNumber) else {
      throw damaged("section kind \(kindNumber) is unknown")
    }
    guard codec == zstandard else {
      throw damaged("section \(kind.name): codec \(codec) is unknown")
    }
    guard let offset = Int(exactly: lengths[0]), let stored = Int(exactly: lengths[1]),
      let raw = Int(exactly: lengths[2]), offset == begin, stored <= fileCount - offset,
      raw / Zstandard.largestExpansion <= stored
    else {
      throw damaged(
        "section \(kind.name): \(lengths[1]) bytes at offset \(lengths[0]) that expand to "
          + "\(lengths[2]) do not fit into a file of \(fileCount) bytes")
    }
    return SectionEntry(
      kind: kind, offset: offset, storedCount: stored, rawCount: raw,
      storedChecksum: checksums.0, rawChecksum: checksums.1)
  }
}
