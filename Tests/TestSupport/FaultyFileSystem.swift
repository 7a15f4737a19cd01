import BlockMatrix
import BlockStore
import Workers

/// A file system whose n-th operation fails, and that can lose its power.
///
/// Operations are counted from 1 in the order in which they begin. Every touch of the disk counts:
/// also reads, closings and what cleans up.
package final class FaultyFileSystem: FileSystem {
  /// What goes wrong, and when.
  package struct Fault: Sendable {
    /// The operation that fails, from 1; 0 for none.
    package var at = 0
    /// Whether every later operation fails too, as when the process has died.
    package var isLasting = false
    /// Whether the operation has its effect nevertheless.
    package var hasEffect = false
    package var failure = Failure(.io, at: "disk", "injected fault")

    package init(at: Int = 0, isLasting: Bool = false, hasEffect: Bool = false) {
      self.at = at
      self.isLasting = isLasting
      self.hasEffect = hasEffect
    }
  }

  private struct State {
    var operations: [String] = []
    /// Undone by a power cut, the last first: what no directory flush has made durable.
    var pending: [(directory: String, change: Change)] = []
    /// Files whose bytes are not flushed.
    var unflushed: [String] = []
  }

  private enum Change: Sendable {
    case created(String)
    case renamed(String, to: String)

    /// The same change, where what `old` named is now called `new`.
    func following(_ old: String, to new: String) -> Change {
      guard case .created(let path) = self else { return self }
      return .created(FaultyFileSystem.following(path, old, to: new))
    }
  }

  /// A path, where what `old` named is now called `new`.
  private static func following(_ path: String, _ old: String, to new: String) -> String {
    path == old || path.hasPrefix(old + "/") ? new + path.dropFirst(old.count) : path
  }

  private let base: any FileSystem
  package let fault: Fault
  private let state = Locked(State())

  package init(_ base: any FileSystem = PosixFileSystem(), _ fault: Fault = Fault()) {
    self.base = base
    self.fault = fault
  }

  /// What was asked for so far: an operation's name and its path.
  package var operations: [String] { state.withLock { $0.operations } }

  /// Whether the fault has happened.
  package var hasFired: Bool { fault.at > 0 && operations.count >= fault.at }

  /// Counts an operation, runs it, and fails where the fault says so.
  fileprivate func run<Output>(
    _ operation: String, _ body: () throws(Failure) -> Output
  ) throws(Failure) -> Output {
    let number = state.withLock { state in
      state.operations.append(operation)
      return state.operations.count
    }
    guard fault.at > 0, number == fault.at || (fault.isLasting && number > fault.at) else {
      return try body()
    }
    if fault.hasEffect && number == fault.at { _ = try body() }
    throw fault.failure
  }

  fileprivate func markFlushed(_ path: String) {
    state.withLock { state in state.unflushed.removeAll { $0 == path } }
  }

  fileprivate func markUnflushed(_ path: String) { state.withLock { $0.unflushed.append(path) } }

  private func record(_ change: Change, in path: String) {
    state.withLock { state in
      if case .renamed(let old, let new) = change {
        // What is in a directory goes with it; its own entry stays under the old name until then.
        state.pending = state.pending.map { entry in
          let inside = entry.directory == old || entry.directory.hasPrefix(old + "/")
          return inside
            ? (Self.following(entry.directory, old, to: new), entry.change.following(old, to: new))
            : entry
        }
        state.unflushed = state.unflushed.map { Self.following($0, old, to: new) }
      }
      state.pending.append((Path.parent(of: path), change))
    }
  }

  /// Leaves on the disk what a power cut at this moment may leave.
  ///
  /// - Parameter keepingEntries: Whether directory entries survive although no directory was
  ///   flushed; bytes that were not flushed are lost in either case.
  package func cutPower(keepingEntries: Bool) throws(Failure) {
    let (pending, unflushed) = state.withLock { ($0.pending, $0.unflushed) }
    for path in unflushed where try base.status(path)?.kind == .file {
      try base.truncate(path, to: 0)
    }
    guard !keepingEntries else { return }
    for entry in pending.reversed() {
      switch entry.change {
      case .created(let path): try base.removeTree(path)
      case .renamed(let old, let new):
        if try base.status(new) != nil, try base.status(old) == nil {
          try base.rename(new, to: old)
        }
      }
    }
  }

  package func open(_ path: String, streaming: Bool) throws(Failure) -> any ReadableFile {
    let file = try run("open \(path)") { () throws(Failure) in
      try base.open(path, streaming: streaming)
    }
    return WatchedFile(file) { read throws(Failure) in try self.run("read \(path)", read) }
  }

  package func create(_ path: String) throws(Failure) -> any WritableFile {
    let file = try run("create \(path)") { () throws(Failure) in
      let file = try base.create(path)
      record(.created(path), in: path)
      markUnflushed(path)
      return file
    }
    return FaultyWritableFile(file, self)
  }

  package func append(to path: String) throws(Failure) -> any WritableFile {
    let file = try run("append \(path)") { () throws(Failure) in try base.append(to: path) }
    return FaultyWritableFile(file, self)
  }

  package func makeDirectory(_ path: String, withParents: Bool) throws(Failure) {
    try run("makeDirectory \(path)") { () throws(Failure) in
      try base.makeDirectory(path, withParents: withParents)
      record(.created(path), in: path)
    }
  }

  package func list(_ path: String) throws(Failure) -> [String] {
    try run("list \(path)") { () throws(Failure) in try base.list(path) }
  }

  package func status(_ path: String) throws(Failure) -> FileStatus? {
    try run("status \(path)") { () throws(Failure) in try base.status(path) }
  }

  package func rename(_ old: String, to new: String) throws(Failure) {
    try run("rename \(old) to \(new)") { () throws(Failure) in
      try base.rename(old, to: new)
      record(.renamed(old, to: new), in: new)
    }
  }

  package func replace(_ path: String, with file: String) throws(Failure) {
    try run("replace \(path) with \(file)") { () throws(Failure) in
      try base.replace(path, with: file)
      record(.renamed(file, to: path), in: path)
    }
  }

  package func removeFile(_ path: String) throws(Failure) {
    try run("removeFile \(path)") { () throws(Failure) in try base.removeFile(path) }
  }

  package func removeDirectory(_ path: String) throws(Failure) {
    try run("removeDirectory \(path)") { () throws(Failure) in try base.removeDirectory(path) }
  }

  package func truncate(_ path: String, to byteCount: Int) throws(Failure) {
    try run("truncate \(path)") { () throws(Failure) in try base.truncate(path, to: byteCount) }
  }

  package func syncDirectory(_ path: String) throws(Failure) {
    try run("syncDirectory \(path)") { () throws(Failure) in
      try base.syncDirectory(path)
      state.withLock { state in state.pending.removeAll { $0.directory == path } }
    }
  }

  package func lock(_ path: String, owner: String) throws(Failure) -> any FileLock {
    try run("lock \(path)") { () throws(Failure) in try base.lock(path, owner: owner) }
  }

  package func freeByteCount(at path: String) throws(Failure) -> Int {
    try run("freeByteCount \(path)") { () throws(Failure) in try base.freeByteCount(at: path) }
  }
}

/// A file whose writes, flushes and closings count as operations.
private final class FaultyWritableFile: WritableFile {
  private let base: any WritableFile
  private let owner: FaultyFileSystem
  var path: String { base.path }

  init(_ base: any WritableFile, _ owner: FaultyFileSystem) {
    self.base = base
    self.owner = owner
  }

  func write(_ bytes: borrowing RawSpan) throws(Failure) {
    let whole = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    try owner.run("write \(path)") { () throws(Failure) in try base.write(whole) }
  }

  func commit() throws(Failure) {
    try owner.run("commit \(path)") { () throws(Failure) in
      try base.commit()
      owner.markFlushed(path)
    }
  }

  func close() throws(Failure) {
    try owner.run("close \(path)") { () throws(Failure) in try base.close() }
  }
}
