import BlockMatrix

/// A file that each run writes anew, in place of the one that an earlier run has left.
///
/// At every moment one of both has the name, complete. Other programs' files are left alone: what
/// is there has to begin as ours do.
package final class RenewedFile: Sendable {
  package let path: String
  private let temporary: String
  private let fileSystem: any FileSystem
  private let lock: PathLock

  /// Claims a path.
  ///
  /// - Parameter beginning: How each of these files begins.
  /// - Throws: `.output` where something else has the name, or another process writes it.
  package init(
    _ path: String, beginning: String, in fileSystem: any FileSystem
  ) throws(Failure) {
    let path = Path.trimmed(path)
    lock = try PathLock(path, in: fileSystem)
    do throws(Failure) {
      try RunName.removeStale(of: path, in: fileSystem)
      try Self.requireOurs(path, beginning, fileSystem)
    } catch {
      lock.release()
      throw error
    }
    self.path = path
    self.fileSystem = fileSystem
    temporary = "\(path).tmp-\(RunName.random())"
  }

  deinit {
    try? fileSystem.removeTree(temporary)
    lock.release()
  }

  private static func requireOurs(
    _ path: String, _ beginning: String, _ fileSystem: any FileSystem
  ) throws(Failure) {
    guard let status = try fileSystem.status(path) else { return }
    guard status.kind == .file else { throw OutputClaim.taken(path, by: "is no file") }
    let start = try fileSystem.open(path, streaming: false).read(upTo: beginning.utf8.count)
    guard start.elementsEqual(beginning.utf8) else {
      throw OutputClaim.taken(path, by: "holds something else")
    }
  }

  /// Begins a content, to be put in place when it is complete.
  package func begin() throws(Failure) -> any WritableFile {
    try fileSystem.removeTree(temporary)
    return try fileSystem.create(temporary)
  }

  /// Puts a content that was begun, and is on the disk, in place of the one before.
  package func putInPlace() throws(Failure) {
    try fileSystem.replace(path, with: temporary)
    try fileSystem.syncDirectory(Path.parent(of: path))
  }

  /// Writes a whole content.
  package func write(_ bytes: [UInt8]) throws(Failure) {
    let file = try begin()
    try file.complete { () throws(Failure) in try file.write(bytes) }
    try putInPlace()
  }
}
