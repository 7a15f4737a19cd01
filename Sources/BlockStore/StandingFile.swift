import BlockMatrix
import Workers

/// A file that stands where one was to be written: what would be written is compared with it.
///
/// It is never changed, and nothing of it is believed unread.
final class StandingFile: WritableFile {
  let path: String
  private let file: any ReadableFile
  /// What whoever finds a difference is told.
  private let difference: Failure

  /// Bytes that are read and compared at a time.
  private static let pieceByteCount = 1 << 16

  init(
    _ path: String, in fileSystem: any FileSystem, difference: Failure
  ) throws(Failure) {
    guard try fileSystem.status(path)?.kind == .file else { throw difference }
    self.path = path
    self.difference = difference
    file = try fileSystem.open(path, streaming: false)
  }

  func write(_ bytes: borrowing RawSpan) throws(Failure) {
    var offset = 0
    while offset < bytes.byteCount {
      // In pieces: what is compared may be as large as a partition.
      let standing = try file.read(upTo: min(Self.pieceByteCount, bytes.byteCount - offset))
      guard !standing.isEmpty, bytes.extracting(offset..<offset + standing.count).holds(standing)
      else { throw difference }
      offset += standing.count
    }
  }

  /// Checks that the file ends here; it was flushed before it got its name.
  func commit() throws(Failure) {
    guard try file.read(upTo: 1).isEmpty else { throw difference }
  }

  func close() throws(Failure) {}
}
