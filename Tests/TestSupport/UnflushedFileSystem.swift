import BlockMatrix
import BlockStore

/// The machine's file system without its flushes: for what tests make thousands of times, and would
/// wait for the disk for.
package struct UnflushedFileSystem: FileSystem {
  private let base = PosixFileSystem()

  package init() {}

  private final class File: WritableFile {
    let base: any WritableFile
    var path: String { base.path }

    init(_ base: any WritableFile) { self.base = base }

    func write(_ bytes: borrowing RawSpan) throws(Failure) { try base.write(bytes) }
    func commit() throws(Failure) { try base.close() }
    func close() throws(Failure) { try base.close() }
  }

  package func create(_ path: String) throws(Failure) -> any WritableFile {
    File(try base.create(path))
  }
  package func append(to path: String) throws(Failure) -> any WritableFile {
    File(try base.append(to: path))
  }
  package func syncDirectory(_ path: String) throws(Failure) {}

  package func open(_ path: String, streaming: Bool) throws(Failure) -> any ReadableFile {
    try base.open(path, streaming: streaming)
  }
  package func makeDirectory(_ path: String, withParents: Bool) throws(Failure) {
    try base.makeDirectory(path, withParents: withParents)
  }
  package func list(_ path: String) throws(Failure) -> [String] { try base.list(path) }
  package func status(_ path: String) throws(Failure) -> FileStatus? { try base.status(path) }
  package func rename(_ old: String, to new: String) throws(Failure) {
    try base.rename(old, to: new)
  }
  package func replace(_ path: String, with file: String) throws(Failure) {
    try base.replace(path, with: file)
  }
  package func removeFile(_ path: String) throws(Failure) { try base.removeFile(path) }
  package func removeDirectory(_ path: String) throws(Failure) { try base.removeDirectory(path) }
  package func truncate(_ path: String, to byteCount: Int) throws(Failure) {
    try base.truncate(path, to: byteCount)
  }
  package func lock(_ path: String, owner: String) throws(Failure) -> any FileLock {
    try base.lock(path, owner: owner)
  }
  package func freeByteCount(at path: String) throws(Failure) -> Int {
    try base.freeByteCount(at: path)
  }
}
