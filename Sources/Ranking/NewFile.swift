import BlockMatrix
import BlockStore

/// A file that appears under its name complete, by one rename, or not at all.
package final class NewFile {
  private let path: String
  private let fileSystem: any FileSystem
  private let temporary: any WritableFile
  private var isEnded = false

  /// Begins a file.
  ///
  /// - Throws: `.output` where something has the name already.
  package init(_ path: String, in fileSystem: any FileSystem) throws(Failure) {
    guard try fileSystem.status(path) == nil else {
      throw Failure(
        .output, at: path, "exists already", hint: "choose another name, or remove it first")
    }
    self.path = path
    self.fileSystem = fileSystem
    temporary = try fileSystem.create("\(path).tmp-\(RunName.random())")
  }

  deinit { abandon() }

  package func write(_ bytes: [UInt8]) throws(Failure) { try temporary.write(bytes) }

  /// Flushes the file to the disk and gives it its name.
  package func commit() throws(Failure) {
    try temporary.commit()
    try fileSystem.rename(temporary.path, to: path)
    isEnded = true
    try fileSystem.syncDirectory(Path.parent(of: path))
  }

  /// Removes what was written; nothing after a commit.
  package func abandon() {
    guard !isEnded else { return }
    isEnded = true
    // There is nobody left to tell, and the name shows what it is.
    try? temporary.close()
    try? fileSystem.removeFile(temporary.path)
  }
}

/// A directory that appears under its name complete, by one rename, or not at all.
package final class NewDirectory {
  private let path: String
  private let fileSystem: any FileSystem
  private let temporary: String
  private let parents: MadeDirectories
  private var isEnded = false

  /// Begins a directory.
  ///
  /// - Throws: `.output` where something has the name already.
  package init(_ path: String, in fileSystem: any FileSystem) throws(Failure) {
    let path = Path.trimmed(path)
    guard try fileSystem.status(path) == nil else {
      throw Failure(
        .output, at: path, "exists already", hint: "choose another name, or remove it first")
    }
    self.path = path
    self.fileSystem = fileSystem
    temporary = "\(path).tmp-\(RunName.random())"
    parents = try MadeDirectories(to: Path.parent(of: path), in: fileSystem)
    do throws(Failure) {
      try fileSystem.makeDirectory(temporary, withParents: false)
    } catch {
      parents.removeEmpty(in: fileSystem)
      throw error
    }
  }

  deinit { abandon() }

  /// Writes a file in pieces, down to the disk.
  ///
  /// - Parameter piece: Piece 0, 1, … of the file; nothing after the last.
  package func write(
    _ name: String, pieces count: Int, piece: (Int) throws(Failure) -> [UInt8]
  ) throws(Failure) {
    let file = try fileSystem.create("\(temporary)/\(name)")
    do throws(Failure) {
      for number in 0..<count { try file.write(try piece(number)) }
      try file.commit()
    } catch {
      try? file.close()
      throw error
    }
  }

  /// Makes the directory appear.
  package func commit() throws(Failure) {
    try fileSystem.syncDirectory(temporary)
    try fileSystem.rename(temporary, to: path)
    isEnded = true
    try fileSystem.syncDirectory(Path.parent(of: path))
  }

  /// Removes what was written, and the directories made for it; nothing after a commit.
  package func abandon() {
    guard !isEnded else { return }
    isEnded = true
    // There is nobody left to tell, and the name shows what it is.
    try? fileSystem.removeTree(temporary)
    parents.removeEmpty(in: fileSystem)
  }
}
