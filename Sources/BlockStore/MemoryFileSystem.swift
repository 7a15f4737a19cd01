import BlockMatrix
import Workers

/// Files in memory: for partitions and models that are to leave nothing on a disk.
///
/// They go with the last reference to them. A path is a name and nothing more: the directories
/// above a new one need not be there.
package final class MemoryFileSystem: FileSystem {
  private enum Node {
    case directory
    case file(MemoryFile)
  }

  private struct State {
    var nodes: [String: Node] = [:]
    var locked: Set<String> = []
  }

  private let state = Locked(State())

  package init() {}

  private static func missing(_ path: String) -> Failure {
    Failure(.missingInput, at: path, "is not there, in memory")
  }

  private static func taken(_ path: String) -> Failure {
    Failure(.output, at: path, "exists already, in memory")
  }

  private static func isInside(_ path: String, _ directory: String) -> Bool {
    path.utf8.count > directory.utf8.count + 1 && path.hasPrefix(directory + "/")
  }

  private func file(_ path: String) throws(Failure) -> MemoryFile {
    let node = state.withLock { $0.nodes[path] }
    guard case .file(let file) = node else { throw Self.missing(path) }
    return file
  }

  private func add(_ node: Node, _ path: String) throws(Failure) {
    let isNew = state.withLock { state in
      guard state.nodes[path] == nil else { return false }
      state.nodes[path] = node
      return true
    }
    guard isNew else { throw Self.taken(path) }
  }

  package func open(_ path: String, streaming: Bool) throws(Failure) -> any ReadableFile {
    MemoryReader(try file(path))
  }

  package func create(_ path: String) throws(Failure) -> any WritableFile {
    let file = MemoryFile(path)
    try add(.file(file), path)
    return MemoryWriter(file)
  }

  package func append(to path: String) throws(Failure) -> any WritableFile {
    guard try status(path) == nil else { return MemoryWriter(try file(path)) }
    return try create(path)
  }

  package func makeDirectory(_ path: String, withParents: Bool) throws(Failure) {
    try add(.directory, path)
  }

  package func list(_ path: String) throws(Failure) -> [String] {
    let names = state.withLock { state in
      state.nodes.keys.filter {
        Self.isInside($0, path) && Path.parent(of: $0) == path
      }
    }
    return names.map(Path.name).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  package func status(_ path: String) throws(Failure) -> FileStatus? {
    switch state.withLock({ $0.nodes[path] }) {
    case nil: nil
    case .directory: FileStatus(kind: .directory, byteCount: 0)
    case .file(let file): FileStatus(kind: .file, byteCount: file.byteCount)
    }
  }

  package func rename(_ old: String, to new: String) throws(Failure) {
    let failure = state.withLock { state -> Failure? in
      guard let node = state.nodes[old] else { return Self.missing(old) }
      guard state.nodes[new] == nil else { return Self.taken(new) }
      state.nodes[old] = nil
      state.nodes[new] = node
      for path in state.nodes.keys where Self.isInside(path, old) {
        state.nodes[new + path.dropFirst(old.count)] = state.nodes.removeValue(forKey: path)
      }
      return nil
    }
    if let failure { throw failure }
  }

  package func replace(_ path: String, with file: String) throws(Failure) {
    let wasThere = state.withLock { state in
      guard let node = state.nodes.removeValue(forKey: file) else { return false }
      state.nodes[path] = node
      return true
    }
    guard wasThere else { throw Self.missing(file) }
  }

  package func removeFile(_ path: String) throws(Failure) {
    guard state.withLock({ $0.nodes.removeValue(forKey: path) != nil }) else {
      throw Self.missing(path)
    }
  }

  package func removeDirectory(_ path: String) throws(Failure) {
    guard try list(path).isEmpty else { throw Self.taken(path) }
    try removeFile(path)
  }

  package func truncate(_ path: String, to byteCount: Int) throws(Failure) {
    try file(path).truncate(to: byteCount)
  }

  package func syncDirectory(_ path: String) {}

  package func removeTree(_ path: String) {
    state.withLock { state in
      for other in state.nodes.keys where other == path || Self.isInside(other, path) {
        state.nodes[other] = nil
      }
    }
  }

  package func lock(_ path: String, owner: String) throws(Failure) -> any FileLock {
    guard state.withLock({ $0.locked.insert(path).inserted }) else {
      throw Failure(.output, at: path, "is locked by another writer in this process")
    }
    do throws(Failure) {
      if try status(path) == nil {
        try create(path).write(Array("\(owner)\n".utf8))
      }
    } catch {
      release(path)
      throw error
    }
    return MemoryLock(path, in: self)
  }

  fileprivate func release(_ path: String) { state.withLock { _ = $0.locked.remove(path) } }

  package func freeByteCount(at path: String) -> Int { Int.max / 4 }
}

/// The bytes of a file, whatever name it has by now.
private final class MemoryFile: Sendable {
  let path: String
  private let bytes = Locked<[UInt8]>([])

  init(_ path: String) { self.path = path }

  var byteCount: Int { bytes.withLock { $0.count } }

  func read(_ range: Range<Int>) -> [UInt8] {
    bytes.withLock { Array($0[range.clamped(to: 0..<$0.count)]) }
  }

  func append(_ more: [UInt8]) { bytes.withLock { $0 += more } }

  func truncate(to byteCount: Int) {
    bytes.withLock { $0.removeLast(max(0, $0.count - byteCount)) }
  }
}

private final class MemoryReader: ReadableFile {
  private let file: MemoryFile
  private let position = Counter()
  let byteCount: Int
  var path: String { file.path }

  init(_ file: MemoryFile) {
    self.file = file
    byteCount = file.byteCount
  }

  func read(upTo count: Int) -> [UInt8] {
    let start = position.total
    let bytes = file.read(start..<start + max(0, min(count, byteCount - start)))
    position.add(bytes.count)
    return bytes
  }

  func read(count: Int, at offset: Int) throws(Failure) -> [UInt8] {
    guard count >= 0, offset >= 0, offset <= byteCount, count <= byteCount - offset else {
      throw Failure(.data, at: "\(path), offset \(offset)", "ends before \(count) bytes more")
    }
    return file.read(offset..<offset + count)
  }
}

private final class MemoryWriter: WritableFile {
  private let file: MemoryFile
  var path: String { file.path }

  init(_ file: MemoryFile) { self.file = file }

  func write(_ bytes: borrowing RawSpan) { file.append(bytes.copied) }

  // Nothing outlives the process: there is nothing to flush.
  func commit() {}
  func close() {}
}

private final class MemoryLock: FileLock {
  private let path: String
  private let fileSystem: MemoryFileSystem

  init(_ path: String, in fileSystem: MemoryFileSystem) {
    self.path = path
    self.fileSystem = fileSystem
  }

  func release() { fileSystem.release(path) }
}
