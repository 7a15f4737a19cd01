import BlockMatrix
import BlockStore
import FactorExchange

/// The files that one rank has written of a generation.
struct WrittenRuns {
  let item: [FileFacts]
  let user: [FileFacts]

  /// Tells the first rank, which takes them into its generation, in the order of the ranks.
  func gather(in writer: GenerationWriter, _ ranks: Ranks) throws(Failure) {
    guard ranks.speaks else {
      return try ranks.send(Self.encode(item) + Self.encode(user), about: .checkpoint, to: 0)
    }
    // Runs follow each other in the order of the ranks.
    var next = PerSide(user: user.count, item: item.count)
    for rank in ranks.others {
      var rest = try ranks.receive(.checkpoint, from: rank)[...]
      for side in [Side.item, .user] {
        let files = try Self.decode(&rest, from: rank)
        writer.adopt(files, of: side, from: next[side])
        next[side] += files.count
      }
    }
  }

  private static func encode(_ files: [FileFacts]) -> [UInt8] {
    var bytes = ByteEncoder()
    bytes.put(UInt64(files.count))
    for file in files {
      bytes.put(UInt64(file.byteCount))
      bytes.put(Array(file.xxh3.utf8))
    }
    return bytes.bytes
  }

  /// A file's length, and its checksum as 16 digits.
  private static let fileBytes = 24

  private static func decode(
    _ bytes: inout ArraySlice<UInt8>, from rank: Int
  ) throws(Failure) -> [FileFacts] {
    let count = [UInt64](littleEndian: bytes.prefix(8)).first ?? .max
    guard count <= bytes.count / fileBytes, bytes.count - 8 >= Int(count) * fileBytes else {
      throw Ranks.misfit(Array(bytes), from: rank)
    }
    bytes = bytes.dropFirst(8)
    var files: [FileFacts] = []
    for _ in 0..<count {
      files.append(
        FileFacts(
          byteCount: Int(truncatingIfNeeded: [UInt64](littleEndian: bytes.prefix(8))[0]),
          xxh3: String(decoding: bytes.dropFirst(8).prefix(16), as: UTF8.self)))
      bytes = bytes.dropFirst(fileBytes)
    }
    return files
  }
}
