import BlockMatrix

/// A path, locked against other writers by the file `<path>.lock` beside it.
///
/// The lock ends with its process; only its file can be left, and is taken over, then removed, by
/// the next writer.
package final class PathLock: Sendable {
  private let file: String
  private let fileSystem: any FileSystem
  private let lock: any FileLock

  static func fileName(of path: String) -> String { "\(path).lock" }

  /// Locks a path.
  ///
  /// - Throws: `.output` where another process holds it, or where the lock's name is that of
  ///   somebody's file, which would be lost.
  package init(_ path: String, in fileSystem: any FileSystem) throws(Failure) {
    file = Self.fileName(of: path)
    self.fileSystem = fileSystem
    lock = try fileSystem.lock(file, owner: ProcessName.current)
  }

  /// Gives the lock back.
  ///
  /// Its file goes first: whoever has opened it meanwhile finds it gone, and makes another.
  package func release() {
    try? fileSystem.removeFile(file)
    lock.release()
  }
}
