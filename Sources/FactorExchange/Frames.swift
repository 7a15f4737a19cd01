import BlockMatrix
import BlockStore

/// Messages, cut into frames of a bounded size, each with a checksum.
///
/// A frame is XXH3-64 of what follows, the length of the whole message, and some of its bytes; the
/// frames of a message come in order.
enum Frames {
  static let headerBytes = 16
  /// Large enough for a wire's speed, small enough that many are on their way at once.
  static let mostBytes = 4 << 20

  static func cut(_ message: [UInt8]) -> [[UInt8]] {
    let most = mostBytes - headerBytes
    return stride(from: 0, to: max(1, message.count), by: most).map { start in
      var rest = ByteEncoder()
      rest.put(UInt64(message.count))
      rest.put(message[start..<min(message.count, start + most)])
      var frame = ByteEncoder()
      frame.put(Checksum.xxh3(rest.bytes))
      frame.put(rest.bytes)
      return frame.bytes
    }
  }

  /// Puts the frames of messages from one rank about one subject together again.
  struct Joiner {
    private var message: [UInt8] = []

    /// - Returns: The message that the frame completes, if it does.
    /// - Throws: `.io` for a frame that is not what was sent.
    mutating func add(_ frame: [UInt8], from rank: Int) throws(Failure) -> [UInt8]? {
      guard frame.count >= headerBytes,
        [UInt64](littleEndian: frame.prefix(8))[0] == Checksum.xxh3(frame.dropFirst(8))
      else {
        throw Failure(
          .io, at: "rank \(rank)", "sent a message that came damaged",
          hint: "run the same command again; if it comes again, look at that host and its network")
      }
      let expected = [UInt64](littleEndian: frame[8..<16])[0]
      message += frame.dropFirst(headerBytes)
      guard UInt64(message.count) >= expected else { return nil }
      defer { message = [] }
      guard UInt64(message.count) == expected else { throw Ranks.misfit(message, from: rank) }
      return message
    }
  }
}
