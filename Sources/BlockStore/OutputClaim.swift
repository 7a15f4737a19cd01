import BlockMatrix
import Workers

/// A path that is to appear, held by the one writer that aims at it.
///
/// Work happens under ``temporary``; ``commit()`` gives it the path, by one rename. Meanwhile the
/// path is locked: that keeps other writers away, and whoever gets the lock knows that what stands
/// under temporary names was left by the dead.
package final class OutputClaim: Sendable {
  package let path: String
  /// The name of the unfinished work; nothing is there at first.
  package let temporary: String

  private let fileSystem: any FileSystem
  private let parents: MadeDirectories?
  private let lock: PathLock
  private let state = Locked(State())

  private struct State {
    var hasAppeared = false
    var isEnded = false
  }

  /// Whether the path is the writer's work, even where the directory could not be flushed
  /// afterwards.
  package var hasAppeared: Bool { state.withLock { $0.hasAppeared } }

  /// Claims a path, and removes what dead writers of the same path have left.
  ///
  /// - Parameter makingParents: Whether to make the directories above it where they are missing.
  /// - Throws: `.output` where something is there already, or another process is writing it.
  package init(
    _ path: String, makingParents: Bool, in fileSystem: any FileSystem
  ) throws(Failure) {
    let path = Path.trimmed(path)
    try Self.requireAbsent(path, in: fileSystem)
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
      // Another writer may have finished between our look and our lock.
      try Self.requireAbsent(path, in: fileSystem, locked: true)
      try RunName.removeStale(of: path, in: fileSystem)
    } catch {
      lock.release()
      parents?.removeEmpty(in: fileSystem)
      throw error
    }
    self.path = path
    temporary = "\(path).tmp-\(RunName.random())"
    self.fileSystem = fileSystem
    self.parents = parents
  }

  deinit { abandon() }

  /// Makes the work, which is whole and on the disk, appear under the path.
  ///
  /// - Throws: Whatever the disk reports; `.output` where something has taken the path. The caller
  ///   abandons then.
  package func commit() throws(Failure) {
    try fileSystem.rename(temporary, to: path)
    state.withLock { $0.hasAppeared = true }
    try fileSystem.syncDirectory(Path.parent(of: path))
    end()
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

  /// - Parameter isLocked: Whether the caller holds the lock.
  private static func requireAbsent(
    _ path: String, in fileSystem: any FileSystem, locked isLocked: Bool = false
  ) throws(Failure) {
    guard try fileSystem.status(path) != nil else { return }
    if !isLocked { sweep(path, in: fileSystem) }
    throw Failure(
      .output, at: path, "exists already", hint: "choose another name, or remove it first")
  }

  /// Removes what dead writers have left beside a path that is there.
  ///
  /// One that was killed just after its rename leaves its lock's file; one that was killed earlier
  /// all it had, and the path may have come from elsewhere. What cannot be removed is no reason to
  /// speak of it: nothing is to be written.
  private static func sweep(_ path: String, in fileSystem: any FileSystem) {
    let name = Path.name(of: path)
    guard let names = try? fileSystem.list(Path.parent(of: path)),
      names.contains(where: {
        $0 == PathLock.fileName(of: name) || RunName.isTemporary($0, of: name)
      }),
      let lock = try? PathLock(path, in: fileSystem)
    else { return }
    try? RunName.removeStale(of: path, in: fileSystem)
    lock.release()
  }
}
