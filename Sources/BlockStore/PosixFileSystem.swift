import BlockMatrix
import CSystem
import Glibc

/// The machine's own file system.
package struct PosixFileSystem: FileSystem {
  /// The process's input; reads from where the last read ended, and nowhere else.
  package let standardInput: any ReadableFile = PosixReadableFile(
    Descriptor(STDIN_FILENO, path: "standard input", isOwned: false), byteCount: 0)
  /// The process's output, unbuffered.
  ///
  /// It is never flushed to a disk nor closed; where its reader has gone, the failure says so
  /// (`isClosedPipe`).
  package let standardOutput: any WritableFile = PosixWritableFile(
    Descriptor(STDOUT_FILENO, path: "standard output", isOwned: false), isDurable: false)

  package init() {}

  package func open(_ path: String, streaming: Bool) throws(Failure) -> any ReadableFile {
    let descriptor = try Descriptor(opening: path, O_RDONLY, for: .reading, to: "open")
    let status = try descriptor.status()
    let kind = FileStatus.Kind(status)
    guard kind == .file || (streaming && kind == .other) else {
      throw Failure(
        .data, at: path, "is \(kind == .directory ? "a directory" : "no regular file")")
    }
    if kind == .other { try descriptor.makeBlocking() }
    return PosixReadableFile(descriptor, byteCount: kind == .file ? Int(status.st_size) : 0)
  }

  package func create(_ path: String) throws(Failure) -> any WritableFile {
    PosixWritableFile(
      try Descriptor(
        opening: path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, for: .writing, to: "create"))
  }

  package func append(to path: String) throws(Failure) -> any WritableFile {
    // Through no link: whoever put it there may point it at any file of ours.
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW
    return PosixWritableFile(try regularFile(path, flags, to: "append to"))
  }

  package func truncate(_ path: String, to byteCount: Int) throws(Failure) {
    let descriptor = try regularFile(path, O_WRONLY | O_NOFOLLOW, to: "cut")
    guard ftruncate(descriptor.number, byteCount) == 0 else {
      throw Failure.system(errno, "cut", path, for: .writing)
    }
    try descriptor.synchronize()
    try descriptor.closeChecked()
  }

  /// Opens what must be a regular file for writing, and never a pipe or device put in its place.
  private func regularFile(
    _ path: String, _ flags: Int32, to action: String
  ) throws(Failure) -> Descriptor {
    let descriptor = try Descriptor(opening: path, flags, for: .writing, to: action)
    guard FileStatus.Kind(try descriptor.status()) == .file else {
      throw Failure(.data, at: path, "is no regular file")
    }
    return descriptor
  }

  package func makeDirectory(_ path: String, withParents: Bool) throws(Failure) {
    if withParents {
      let parent = Path.parent(of: path)
      if try status(parent) == nil { try makeDirectory(parent, withParents: true) }
    }
    guard unsafe mkdir(path, 0o755) == 0 else {
      throw Failure.system(errno, "make the directory", path, for: .writing)
    }
  }

  package func list(_ path: String) throws(Failure) -> [String] {
    guard let directory = unsafe opendir(path) else {
      throw Failure.system(errno, "list", path, for: .reading)
    }
    defer { _ = unsafe closedir(directory) }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(directory) else { break }
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe Array(bytes.prefix { $0 != 0 })
      }
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
    }
    guard errno == 0 else { throw Failure.system(errno, "list", path, for: .reading) }
    // Disks list names in orders of their own.
    names.sort { $0.lexicographicallyPrecedes($1) }
    return names.map { String(decoding: $0, as: UTF8.self) }
  }

  package func status(_ path: String) throws(Failure) -> FileStatus? {
    var status = stat()
    // A link is not followed: what stands at a name is what has to make way.
    guard unsafe lstat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw Failure.system(errno, "look at", path, for: .reading)
    }
    let kind = FileStatus.Kind(status)
    return FileStatus(kind: kind, byteCount: kind == .file ? Int(status.st_size) : 0)
  }

  package func rename(_ old: String, to new: String) throws(Failure) {
    guard unsafe csystem_rename_new(old, new) != 0 else { return }
    // Some file systems cannot refuse an existing name by themselves (EINVAL), nor can very old
    // kernels (ENOSYS). Then we look first: the caller's lock keeps others from coming between.
    guard errno == EINVAL || errno == ENOSYS else {
      throw Failure.system(errno, "rename to \(new)", old, for: .writing)
    }
    guard try status(new) == nil else {
      throw Failure.system(EEXIST, "rename to \(new)", old, for: .writing)
    }
    guard unsafe Glibc.rename(old, new) == 0 else {
      throw Failure.system(errno, "rename to \(new)", old, for: .writing)
    }
  }

  package func removeFile(_ path: String) throws(Failure) {
    guard unsafe unlink(path) == 0 else {
      throw Failure.system(errno, "remove", path, for: .writing)
    }
  }

  package func removeDirectory(_ path: String) throws(Failure) {
    guard unsafe rmdir(path) == 0 else {
      throw Failure.system(errno, "remove the directory", path, for: .writing)
    }
  }

  package func syncDirectory(_ path: String) throws(Failure) {
    let descriptor = try Descriptor(
      opening: path, O_RDONLY | O_DIRECTORY, for: .writing, to: "open the directory")
    try descriptor.synchronize()
    try descriptor.closeChecked()
  }

  package func lock(_ path: String, owner: String) throws(Failure) -> any FileLock {
    while true {
      let descriptor = try regularFile(path, O_RDWR | O_CREAT | O_NOFOLLOW, to: "lock")
      guard flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 else {
        guard errno == EWOULDBLOCK else {
          throw Failure.system(errno, "lock", path, for: .writing)
        }
        throw Failure(
          .output, at: path, "is locked by \(holder(of: path))",
          hint: "wait until that process has ended, or stop it")
      }
      // A former holder may have removed the file between our opening and locking it: then our
      // lock is on a file that nobody sees.
      var named = stat()
      let held = try descriptor.status()
      guard unsafe lstat(path, &named) == 0, named.st_ino == held.st_ino,
        named.st_dev == held.st_dev
      else { continue }
      do throws(Failure) {
        guard ftruncate(descriptor.number, 0) == 0 else {
          throw Failure.system(errno, "lock", path, for: .writing)
        }
        try descriptor.writeAll(unsafe Array("\(owner)\n".utf8).span.bytes)
      } catch {
        // We hold it, so nobody misses it: a disk that is full gets no file more from us.
        try? removeFile(path)
        throw error
      }
      return PosixLock(descriptor)
    }
  }

  /// Who wrote itself into a lock file, as far as that can be read.
  private func holder(of path: String) -> String {
    let text: [UInt8]
    do throws(Failure) { text = try open(path, streaming: false).read(upTo: 200) } catch {
      text = []
    }
    let line = text.prefix { $0 != 0x0A }
    return line.isEmpty ? "another process" : printable(line)
  }

  package func freeByteCount(at path: String) throws(Failure) -> Int {
    var status = statvfs()
    guard unsafe statvfs(path, &status) == 0 else {
      throw Failure.system(errno, "look for free space at", path, for: .reading)
    }
    let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(
      by: UInt64(status.f_frsize))
    return overflow ? Int.max : Int(clamping: bytes)
  }
}

extension FileStatus.Kind {
  /// The kind that the operating system reports; a link is `other`, for it is not followed.
  init(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: self = .file
    case S_IFDIR: self = .directory
    default: self = .other
    }
  }
}

/// Who holds a lock, for the message to whoever finds it held.
enum ProcessName {
  /// `process 4711 on host`.
  static var current: String {
    "process \(getpid())" + (HostName.known.map { " on \($0)" } ?? "")
  }
}

/// The machine that this process runs on.
package enum HostName {
  package static var current: String { known ?? "an unknown host" }

  /// `nil` where the operating system does not say.
  fileprivate static var known: String? {
    var name = [CChar](repeating: 0, count: 256)
    let isKnown = unsafe name.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return false }
      return unsafe gethostname(start, buffer.count - 1) == 0
    }
    return isKnown ? printable(name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }) : nil
  }
}
