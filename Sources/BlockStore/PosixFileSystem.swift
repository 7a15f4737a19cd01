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

  /// Opens what must be a regular file for writing, and never a pipe or device put in its place,
  /// nor a file that has another name too: whoever gave it that name wants it as it is.
  func regularFile(
    _ path: String, _ flags: Int32, to action: String
  ) throws(Failure) -> Descriptor {
    let descriptor = try Descriptor(opening: path, flags, for: .writing, to: action)
    let status = try descriptor.status()
    guard FileStatus.Kind(status) == .file else {
      throw Failure(.data, at: path, "is no regular file")
    }
    guard status.st_nlink <= 1 else {
      throw Failure(
        .output, at: path, "has another name too, under which it would change",
        hint: "put a copy in its place: it is a hard link")
    }
    return descriptor
  }

  package func makeDirectory(_ path: String, withParents: Bool) throws(Failure) {
    if withParents {
      let parent = Path.parent(of: path)
      if try status(parent) == nil { try makeDirectory(parent, withParents: true) }
    }
    let place = try PosixPlace(path, for: .writing)
    guard unsafe mkdirat(place.directory, place.name, 0o755) == 0 else {
      throw Failure.system(errno, "make the directory", path, for: .writing)
    }
  }

  package func list(_ path: String) throws(Failure) -> [String] {
    let directory = try Descriptor(
      opening: path, O_RDONLY | O_DIRECTORY, for: .reading, to: "list")
    return try Self.names(in: directory).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The names in an open directory, in byte order.
  static func names(in directory: Descriptor) throws(Failure) -> [[UInt8]] {
    // The stream closes its descriptor, and ours stays open.
    let own = fcntl(directory.number, F_DUPFD_CLOEXEC, 0)
    guard own >= 0, let stream = unsafe fdopendir(own) else {
      let error = errno
      if own >= 0 { close(own) }
      throw Failure.system(error, "list", directory.path, for: .reading)
    }
    defer { _ = unsafe closedir(stream) }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else { break }
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe Array(bytes.prefix { $0 != 0 })
      }
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
    }
    guard errno == 0 else {
      throw Failure.system(errno, "list", directory.path, for: .reading)
    }
    // Disks list names in orders of their own.
    names.sort { $0.lexicographicallyPrecedes($1) }
    return names
  }

  package func status(_ path: String) throws(Failure) -> FileStatus? {
    let place: PosixPlace
    do throws(Failure) { place = try PosixPlace(path, for: .reading) } catch {
      if error.code == .missingInput { return nil }
      throw error
    }
    var status = stat()
    // A link is not followed: what stands at a name is what has to make way.
    guard unsafe fstatat(place.directory, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw Failure.system(errno, "look at", path, for: .reading)
    }
    let kind = FileStatus.Kind(status)
    var above = status
    if status.st_uid != geteuid() {
      let parent = Path.parent(of: place.name)
      guard unsafe fstatat(place.directory, parent, &above, 0) == 0 else {
        throw Failure.system(errno, "look at", path, for: .reading)
      }
    }
    return FileStatus(
      kind: kind, byteCount: kind == .file ? Int(status.st_size) : 0,
      isOwn: PosixPlace.isOwn(status, in: above))
  }

  package func rename(_ old: String, to new: String) throws(Failure) {
    let (from, to) = (
      try PosixPlace(old, for: .writing), try PosixPlace(new, for: .writing)
    )
    guard unsafe csystem_rename_new(from.directory, from.name, to.directory, to.name) != 0 else {
      return
    }
    // Some file systems cannot refuse an existing name by themselves (EINVAL), nor can very old
    // kernels (ENOSYS). Then we look first: the caller's lock keeps others from coming between.
    guard errno == EINVAL || errno == ENOSYS else {
      throw Failure.system(errno, "rename to \(new)", old, for: .writing)
    }
    guard try status(new) == nil else {
      throw Failure.system(EEXIST, "rename to \(new)", old, for: .writing)
    }
    guard unsafe renameat(from.directory, from.name, to.directory, to.name) == 0 else {
      throw Failure.system(errno, "rename to \(new)", old, for: .writing)
    }
  }

  package func replace(_ path: String, with file: String) throws(Failure) {
    let (from, to) = (
      try PosixPlace(file, for: .writing), try PosixPlace(path, for: .writing)
    )
    guard unsafe renameat(from.directory, from.name, to.directory, to.name) == 0 else {
      throw Failure.system(errno, "rename to \(path)", file, for: .writing)
    }
  }

  package func removeFile(_ path: String) throws(Failure) {
    let place = try PosixPlace(path, for: .writing)
    guard unsafe unlinkat(place.directory, place.name, 0) == 0 else {
      throw Failure.system(errno, "remove", path, for: .writing)
    }
  }

  package func removeDirectory(_ path: String) throws(Failure) {
    let place = try PosixPlace(path, for: .writing)
    guard unsafe unlinkat(place.directory, place.name, AT_REMOVEDIR) == 0 else {
      throw Failure.system(errno, "remove the directory", path, for: .writing)
    }
  }

  package func syncDirectory(_ path: String) throws(Failure) {
    let descriptor = try Descriptor(
      opening: path, O_RDONLY | O_DIRECTORY, for: .writing, to: "open the directory")
    try descriptor.synchronize()
    try descriptor.closeChecked()
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
