import BlockMatrix
import Workers

/// A file or pipe that text is read from, as far as this module sees it.
package protocol ByteSource: AnyObject, Sendable {
  /// What messages call it: a path, or `standard input`.
  var name: String { get }
  /// The length when it was opened; nil for a pipe.
  var byteCount: Int? { get }
  /// Reads at most `count` bytes from where the last read ended; none at the end.
  func read(upTo count: Int) throws(Failure) -> [UInt8]
}

/// Bytes in memory.
package final class MemorySource: ByteSource {
  package let name: String
  package let byteCount: Int?
  private let bytes: [UInt8]
  private let position = Locked(0)

  /// - Parameter byteCount: What the source says its length is; by default what it is.
  package init(_ bytes: [UInt8], name: String, byteCount: Int? = nil) {
    self.bytes = bytes
    self.name = name
    self.byteCount = byteCount ?? bytes.count
  }

  package func read(upTo count: Int) throws(Failure) -> [UInt8] {
    let range = position.withLock { position in
      let start = position
      position = min(bytes.count, start + count)
      return start..<position
    }
    return Array(bytes[range])
  }
}

/// An input that has not been opened yet.
package struct RatingInput: Sendable {
  /// What messages call it.
  package let name: String
  /// Whether it can be opened a second time; standard input cannot.
  package let isRepeatable: Bool
  package let open: @Sendable () throws(Failure) -> any ByteSource

  package init(
    name: String, isRepeatable: Bool = true,
    open: @escaping @Sendable () throws(Failure) -> any ByteSource
  ) {
    self.name = name
    self.isRepeatable = isRepeatable
    self.open = open
  }
}
