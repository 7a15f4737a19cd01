import BlockMatrix
import RatingInput
import Workers

/// Bytes in memory.
final class MemorySource: ByteSource {
  let name: String
  let byteCount: Int?
  private let bytes: [UInt8]
  private let position = Locked(0)

  /// - Parameter byteCount: What the source says its length is; by default what it is.
  init(_ bytes: [UInt8], name: String, byteCount: Int? = nil) {
    self.bytes = bytes
    self.name = name
    self.byteCount = byteCount ?? bytes.count
  }

  func read(upTo count: Int) throws(Failure) -> [UInt8] {
    let range = position.withLock { position in
      let start = position
      position = min(bytes.count, start + count)
      return start..<position
    }
    return Array(bytes[range])
  }
}
