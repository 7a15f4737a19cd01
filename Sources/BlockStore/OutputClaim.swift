import BlockMatrix
import Workers

/// A path that is to appear, held by the one writer that aims at it.
///
/// Work happens under ``temporary``; ``commit()`` gives it the path, by one rename. Meanwhile the
/// path is locked: that keeps other writers away, and whoever gets the lock knows that what stands
/// under temporary names was left by the dead.
///
/// A writer that was killed, or failed, after the rename has left its whole work: whoever runs it
/// again has to hear that all is well. So a path that is taken is no failure yet. The work is done
/// once more, and each byte that would be written is compared with what stands there; the first
/// that differs is the failure. Nothing else tells one's own work from another's for certain:
/// neither names and dates nor what a file says of itself.
package final class OutputClaim: Sendable {
  package let path: String
  /// The name of the unfinished work; nothing is there at first.
  package let temporary: String
  /// Whether the path was taken: then nothing appears, and what stands there is compared.
  package let isTaken: Bool

  private let fileSystem: any FileSystem
  private let kind: FileStatus.Kind
  private let parents: MadeDirectories?
  private let lock: PathLock
  private let state = Locked(State())

  private struct State {
    /// The files of a directory.
    var names: Set<String> = []
    var hasAppeared = false
    var isEnded = false
  }

  /// Whether the path is the writer's work, even where the directory could not be flushed
  /// afterwards.
  package var hasAppeared: Bool { state.withLock { $0.hasAppeared } }

  /// Claims a path, and removes what dead writers of the same path have left.
  ///
  /// - Parameters:
  ///   - kind: What is to appear: a file, or a directory of files.
  ///   - makingParents: Whether to make the directories above it where they are missing.
  /// - Throws: `.output` where something of another kind is there, or another process is writing
  ///   it.
  package init(
    _ path: String, _ kind: FileStatus.Kind, makingParents: Bool, in fileSystem: any FileSystem
  ) throws(Failure) {
    let path = Path.trimmed(path)
    let parent = Path.parent(of: path)
    let parents = makingParents ? try MadeDirectories(to: parent, in: fileSystem) : nil
    if parents == nil, try fileSystem.status(parent) == nil {
      throw Failure(
        .output, at: path, "the directory \(parent) is not there", hint: "make the directory first")
    }
    do throws(Failure) {
      lock = try PathLock(path, in: fileSystem)
    } catch {
      parents?.removeEmpty(in: fileSystem)
      throw error
    }
    do throws(Failure) {
      try RunName.removeStale(of: path, in: fileSystem)
      let standing = try fileSystem.status(path)
      guard standing == nil || standing?.kind == kind else { throw Self.taken(path) }
      isTaken = standing != nil
    } catch {
      lock.release()
      parents?.removeEmpty(in: fileSystem)
      throw error
    }
    self.path = path
    self.kind = kind
    temporary = "\(path).tmp-\(RunName.random())"
    self.fileSystem = fileSystem
    self.parents = parents
  }

  deinit { abandon() }

  /// The failure of a path that is taken by something else.
  package static func taken(_ path: String, by other: String = "") -> Failure {
    Failure(
      .output, at: path, "exists already" + (other.isEmpty ? "" : ", and \(other)"),
      hint: "choose another name, or remove it first")
  }

  /// Begins a file of the work: the work itself, or one inside the directory that it is.
  ///
  /// - Throws: `.output`, here and when it is written, where the path is taken by other work.
  package func create(_ name: String? = nil) throws(Failure) -> any WritableFile {
    let inside = name.map { "/\($0)" } ?? ""
    if let name { state.withLock { _ = $0.names.insert(name) } }
    guard !isTaken else {
      return try StandingFile(
        path + inside, in: fileSystem, difference: Self.taken(path, by: "holds something else"))
    }
    return try fileSystem.create(temporary + inside)
  }

  /// Writes a whole file inside the directory that the work is, down to the disk.
  package func write(_ bytes: [UInt8], to name: String) throws(Failure) {
    let file = try create(name)
    try file.complete { () throws(Failure) in try file.write(bytes) }
  }

  /// Makes the work, which is whole and on the disk, appear under the path; where that is taken,
  /// checks that nothing but the work is there.
  ///
  /// - Throws: Whatever the disk reports; `.output` where something has taken the path. The caller
  ///   abandons then.
  package func commit() throws(Failure) {
    if isTaken {
      try checkNames()
      try fileSystem.removeTree(temporary)
    } else {
      // The names of its files before its own: what is there is whole.
      if kind == .directory { try fileSystem.syncDirectory(temporary) }
      try fileSystem.rename(temporary, to: path)
      state.withLock { $0.hasAppeared = true }
    }
    // Whoever was killed after the rename may not have come to this.
    try fileSystem.syncDirectory(Path.parent(of: path))
    end()
  }

  /// Checks that a directory that was there holds no file but those of the work.
  private func checkNames() throws(Failure) {
    guard kind == .directory else { return }
    let names = state.withLock { $0.names }
    guard Set(try fileSystem.list(path)) == names else {
      throw Self.taken(path, by: "holds something else")
    }
  }

  /// Removes the work and the directories made for it; nothing after a commit.
  package func abandon() {
    guard !state.withLock({ $0.isEnded }) else { return }
    // What cannot be removed now, the next writer of the same path removes.
    try? fileSystem.removeTree(temporary)
    end()
    parents?.removeEmpty(in: fileSystem)
  }

  private func end() {
    let wasEnded = state.withLock { state in
      defer { state.isEnded = true }
      return state.isEnded
    }
    if !wasEnded { lock.release() }
  }
}
