import BlockMatrix

/// What a path leads to.
package struct FileStatus: Sendable, Equatable {
  package enum Kind: Sendable { case file, directory, other }
  package let kind: Kind
  /// Bytes; 0 for what is no regular file.
  package let byteCount: Int
  /// Whether it belongs to the user that this process runs as.
  package let isOwn: Bool

  package init(kind: Kind, byteCount: Int, isOwn: Bool = true) {
    self.kind = kind
    self.byteCount = byteCount
    self.isOwn = isOwn
  }
}

/// A file that is open for reading.
package protocol ReadableFile: AnyObject, Sendable {
  var path: String { get }
  /// The length when the file was opened; 0 for what is no regular file.
  var byteCount: Int { get }
  /// Reads at most `count` bytes from where the last read ended; none at the end of the file.
  func read(upTo count: Int) throws(Failure) -> [UInt8]
  /// Reads exactly `count` bytes at `offset`.
  ///
  /// - Throws: `.data` where the file ends before.
  func read(count: Int, at offset: Int) throws(Failure) -> [UInt8]
}

/// A file that is being written, not yet under its final name.
package protocol WritableFile: AnyObject, Sendable {
  var path: String { get }
  func write(_ bytes: borrowing RawSpan) throws(Failure)
  /// Flushes to the disk and closes. After a failure the file's content is unknown: it is never
  /// flushed a second time, only thrown away.
  func commit() throws(Failure)
  /// Closes without flushing: for files that may be lost.
  func close() throws(Failure)
}

extension WritableFile {
  /// Writes all of the file, down to the disk; it is closed, whatever happens.
  func complete(_ write: () throws(Failure) -> Void) throws(Failure) {
    do throws(Failure) {
      try write()
      try commit()
    } catch {
      try? close()
      throw error
    }
  }
}

/// A lock on a file, held until it is released or the process ends.
package protocol FileLock: AnyObject, Sendable {
  func release()
}

/// Every touch of the disk: the one seam through which the project reads and writes.
///
/// Failures name the path and carry the exit code that the operating system's error leads to. An
/// implementation retries interrupted and short calls, follows no link where it writes, and never
/// blocks on a pipe when it opens a file.
package protocol FileSystem: Sendable {
  /// Opens a regular file, or, where `streaming`, also a pipe or device. `-` is never special here.
  func open(_ path: String, streaming: Bool) throws(Failure) -> any ReadableFile
  /// Creates a file that must not exist.
  func create(_ path: String) throws(Failure) -> any WritableFile
  /// Opens a file to write at its end, creating it where it is missing.
  func append(to path: String) throws(Failure) -> any WritableFile
  /// Makes a directory that must not exist, and those above it where `withParents`.
  func makeDirectory(_ path: String, withParents: Bool) throws(Failure)
  /// The names in a directory, in byte order, without `.` and `..`.
  func list(_ path: String) throws(Failure) -> [String]
  /// What is at a path; `nil` where there is nothing.
  func status(_ path: String) throws(Failure) -> FileStatus?
  /// Renames; fails with `.output` where something has the new name already.
  func rename(_ old: String, to new: String) throws(Failure)
  /// Renames a file to a path; a file that is there already goes, at the same moment.
  func replace(_ path: String, with file: String) throws(Failure)
  /// Removes a file.
  func removeFile(_ path: String) throws(Failure)
  /// Removes an empty directory.
  func removeDirectory(_ path: String) throws(Failure)
  /// Cuts a file to a length.
  func truncate(_ path: String, to byteCount: Int) throws(Failure)
  /// Flushes a directory's entries to the disk.
  func syncDirectory(_ path: String) throws(Failure)
  /// Removes a directory with everything in it, or a file; does nothing where there is none.
  func removeTree(_ path: String) throws(Failure)
  /// Locks a file, creating it where it is missing, and writes `owner` into it.
  ///
  /// - Throws: `.output` naming the owner where another process holds it; also where the file holds
  ///   anything but an owner.
  func lock(_ path: String, owner: String) throws(Failure) -> any FileLock
  /// Bytes that may still be written where `path` is.
  func freeByteCount(at path: String) throws(Failure) -> Int
}

extension FileSystem {
  /// The same in single operations, between which somebody may change what is there: for file
  /// systems of tests, that count them.
  package func removeTree(_ path: String) throws(Failure) {
    guard let status = try status(path) else { return }
    guard status.kind == .directory else { return try removeFile(path) }
    for name in try list(path) { try removeTree(path + "/" + name) }
    try removeDirectory(path)
  }
}
