import BlockMatrix

extension FileSystem {
  /// Writes a file that must not exist, down to the disk.
  ///
  /// After a failure it is removed.
  package func writeDurably(_ bytes: [UInt8], to path: String) throws(Failure) {
    let file = try create(path)
    do throws(Failure) {
      try file.write(bytes)
      try file.commit()
    } catch {
      try? file.close()
      try? removeFile(path)
      throw error
    }
  }

  /// Makes a directory and those above it, each durable, where they are missing.
  func makeDirectoryDurably(_ path: String) throws(Failure) {
    guard try status(path) == nil else { return }
    let parent = Path.parent(of: path)
    if parent != path { try makeDirectoryDurably(parent) }
    try makeDirectory(path, withParents: false)
    try syncDirectory(parent)
  }
}

/// Names of unfinished work: the final name, `.tmp-` and 16 random hexadecimal digits.
package enum RunName {
  package static func random() -> String { Checksum.hex(UInt64.random(in: 0...UInt64.max)) }

  /// Whether a name is that of unfinished work on `name`.
  static func isTemporary(_ candidate: String, of name: String) -> Bool {
    let prefix = "\(name).tmp-"
    guard candidate.hasPrefix(prefix) else { return false }
    let digits = candidate.utf8.dropFirst(prefix.utf8.count)
    return digits.count == 16
      && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// Removes unfinished work on a path.
  ///
  /// Whoever calls holds the lock that its writers hold.
  static func removeStale(of path: String, in fileSystem: any FileSystem) throws(Failure) {
    let parent = Path.parent(of: path)
    for name in try fileSystem.list(parent) where isTemporary(name, of: Path.name(of: path)) {
      try fileSystem.removeTree("\(parent)/\(name)")
    }
  }
}
