import BlockMatrix
import BlockStore

/// A file system to read from, on which some files have other bytes than on the disk.
struct AlteredFileSystem: FileSystem {
  let base = PosixFileSystem()
  /// The bytes of the files that are not as on the disk.
  let files: [String: [UInt8]]

  private final class MemoryFile: ReadableFile {
    let path: String
    let bytes: [UInt8]
    var byteCount: Int { bytes.count }

    init(_ path: String, _ bytes: [UInt8]) {
      self.path = path
      self.bytes = bytes
    }

    func read(upTo count: Int) throws(Failure) -> [UInt8] {
      throw Failure(.bug, at: path, "files of the store are read at offsets")
    }

    func read(count: Int, at offset: Int) throws(Failure) -> [UInt8] {
      guard count >= 0, offset >= 0, offset + count <= bytes.count else {
        throw Failure(.data, at: path, "the file ends at byte \(bytes.count)")
      }
      return Array(bytes[offset..<offset + count])
    }
  }

  func open(_ path: String, streaming: Bool) throws(Failure) -> any ReadableFile {
    guard let bytes = files[path] else { return try base.open(path, streaming: streaming) }
    return MemoryFile(path, bytes)
  }
  func list(_ path: String) throws(Failure) -> [String] { try base.list(path) }
  func status(_ path: String) throws(Failure) -> FileStatus? {
    guard let bytes = files[path] else { return try base.status(path) }
    return FileStatus(kind: .file, byteCount: bytes.count)
  }
  func freeByteCount(at path: String) throws(Failure) -> Int { try base.freeByteCount(at: path) }

  private var refusal: Failure { Failure(.bug, "reading must not write") }
  func create(_ path: String) throws(Failure) -> any WritableFile { throw refusal }
  func append(to path: String) throws(Failure) -> any WritableFile { throw refusal }
  func makeDirectory(_ path: String, withParents: Bool) throws(Failure) { throw refusal }
  func rename(_ old: String, to new: String) throws(Failure) { throw refusal }
  func replace(_ path: String, with file: String) throws(Failure) { throw refusal }
  func removeFile(_ path: String) throws(Failure) { throw refusal }
  func removeDirectory(_ path: String) throws(Failure) { throw refusal }
  func truncate(_ path: String, to byteCount: Int) throws(Failure) { throw refusal }
  func syncDirectory(_ path: String) throws(Failure) { throw refusal }
  func lock(_ path: String, owner: String) throws(Failure) -> any FileLock { throw refusal }
}
