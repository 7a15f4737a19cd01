import BlockMatrix

extension FileSystem {
  /// Writes a file that must not exist, down to the disk.
  ///
  /// After a failure it is removed.
  package func writeDurably(_ bytes: [UInt8], to path: String) throws(Failure) {
    let file = try create(path)
    do throws(Failure) {
      try file.complete { () throws(Failure) in try file.write(bytes) }
    } catch {
      try? removeFile(path)
      throw error
    }
  }
}

extension FileSystem {
  /// Makes a file appear under its name, complete and durable, or not at all.
  ///
  /// Whoever calls holds the lock that the path's writers hold: what dead ones have left goes.
  ///
  /// - Throws: Whatever the disk reports; `.output` where something has the name.
  package func publish(_ bytes: [UInt8], as path: String) throws(Failure) {
    try RunName.removeStale(of: path, in: self)
    let temporary = "\(path).tmp-\(RunName.random())"
    try writeDurably(bytes, to: temporary)
    do throws(Failure) {
      try rename(temporary, to: path)
    } catch {
      // What cannot be removed now, the next writer removes.
      try? removeFile(temporary)
      throw error
    }
    try syncDirectory(Path.parent(of: path))
  }
}

/// Directories that were made for an output, so that one that never appears takes them with it.
package struct MadeDirectories: Sendable {
  /// The outermost first.
  private let paths: [String]

  /// Makes a directory and those above it, each durable, where they are missing.
  ///
  /// - Throws: Whatever the disk reports; what was made until then is removed.
  package init(to path: String, in fileSystem: any FileSystem) throws(Failure) {
    var missing: [String] = []
    var next = path
    while try fileSystem.status(next) == nil {
      missing.append(next)
      let parent = Path.parent(of: next)
      guard parent != next else { break }
      next = parent
    }
    var made: [String] = []
    do throws(Failure) {
      for path in missing.reversed() {
        try fileSystem.makeDirectory(path, withParents: false)
        made.append(path)
        // Otherwise a crash may lose the directory, and with it what was promised to be in it.
        try fileSystem.syncDirectory(Path.parent(of: path))
      }
    } catch {
      Self.removeEmpty(made, in: fileSystem)
      throw error
    }
    paths = made
  }

  package func contains(_ path: String) -> Bool { paths.contains(path) }

  /// Removes those that are empty; one that somebody else has put something into stays, and so do
  /// those above it.
  package func removeEmpty(in fileSystem: any FileSystem) {
    Self.removeEmpty(paths, in: fileSystem)
  }

  private static func removeEmpty(_ paths: [String], in fileSystem: any FileSystem) {
    // What has failed already is what the user hears of, not that a directory is left over.
    for path in paths.reversed() { try? fileSystem.removeDirectory(path) }
  }
}

/// Names of unfinished work: the final name, `.tmp-` and 16 random hexadecimal digits.
package enum RunName {
  package static func random() -> String { Checksum.hex(UInt64.random(in: 0...UInt64.max)) }

  /// Whether a name is that of unfinished work on `name`.
  static func isTemporary(_ candidate: String, of name: String) -> Bool {
    candidate.utf8.count == name.utf8.count + mark.utf8.count + digitCount
      && candidate.hasPrefix(name + mark) && isTemporary(candidate)
  }

  /// Whether a name is that of unfinished work on anything.
  static func isTemporary(_ candidate: some StringProtocol) -> Bool {
    let (digits, rest) = (candidate.utf8.suffix(digitCount), candidate.utf8.dropLast(digitCount))
    // Digits of ours, all sixteen: somebody's file of a name like that is left alone.
    return rest.suffix(mark.utf8.count).elementsEqual(mark.utf8)
      && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  private static let mark = ".tmp-"
  private static let digitCount = 16

  /// Removes unfinished work on a path, as far as it is ours.
  ///
  /// Whoever calls holds the lock that its writers hold.
  static func removeStale(of path: String, in fileSystem: any FileSystem) throws(Failure) {
    let parent = Path.parent(of: path)
    for name in try fileSystem.list(parent) where isTemporary(name, of: Path.name(of: path)) {
      // Whose it is: others may write where an output is to appear, and use such a name too.
      let remains = "\(parent)/\(name)"
      if try fileSystem.status(remains)?.isOwn ?? false { try fileSystem.removeTree(remains) }
    }
  }
}
