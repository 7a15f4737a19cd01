import BlockMatrix
import BlockStore
import Workers

/// A file system to read from, on which somebody else is at work: after some operations something
/// is done to the disk.
package final class MeddlingFileSystem: FileSystem {
  private let base = PosixFileSystem()
  private let count = Locked(0)
  private let meddle: @Sendable (_ operation: Int) -> Void

  /// - Parameter meddle: Called after each operation, which are counted from 1.
  package init(_ meddle: @escaping @Sendable (_ operation: Int) -> Void) { self.meddle = meddle }

  /// Operations so far.
  package var operationCount: Int { count.withLock { $0 } }

  private func run<Output>(
    _ body: () throws(Failure) -> Output
  ) throws(Failure) -> Output {
    let number = count.withLock { count in
      count += 1
      return count
    }
    defer { meddle(number) }
    return try body()
  }

  package func open(_ path: String, streaming: Bool) throws(Failure) -> any ReadableFile {
    try run { () throws(Failure) in
      WatchedFile(try base.open(path, streaming: streaming)) { read throws(Failure) in
        try self.run(read)
      }
    }
  }
  package func list(_ path: String) throws(Failure) -> [String] {
    try run { () throws(Failure) in try base.list(path) }
  }
  package func status(_ path: String) throws(Failure) -> FileStatus? {
    try run { () throws(Failure) in try base.status(path) }
  }
  package func freeByteCount(at path: String) throws(Failure) -> Int {
    try base.freeByteCount(at: path)
  }

  private var refusal: Failure { Failure(.bug, "reading must not write") }
  package func create(_ path: String) throws(Failure) -> any WritableFile { throw refusal }
  package func append(to path: String) throws(Failure) -> any WritableFile { throw refusal }
  package func makeDirectory(_ path: String, withParents: Bool) throws(Failure) { throw refusal }
  package func rename(_ old: String, to new: String) throws(Failure) { throw refusal }
  package func replace(_ path: String, with file: String) throws(Failure) { throw refusal }
  package func removeFile(_ path: String) throws(Failure) { throw refusal }
  package func removeDirectory(_ path: String) throws(Failure) { throw refusal }
  package func truncate(_ path: String, to byteCount: Int) throws(Failure) { throw refusal }
  package func syncDirectory(_ path: String) throws(Failure) { throw refusal }
  package func lock(_ path: String, owner: String) throws(Failure) -> any FileLock { throw refusal }
}
