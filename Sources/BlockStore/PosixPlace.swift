import BlockMatrix
import CSystem
import Glibc

/// What a path names, as a name in an open directory.
///
/// Where others may write into the directory that an output is to appear in, they may put a link
/// into the place of our unfinished work at any moment, and whoever follows it writes, or removes,
/// somewhere else. So a directory with the name of unfinished work is opened as what it is, has to
/// be our own, and all below is reached from it, one directory at a time, through no link. What
/// does not lie in unfinished work is named by its path: links of the user's are followed there.
struct PosixPlace {
  /// Relative to ``directory``.
  let name: String
  private let parent: Descriptor?
  /// The open directory, or the working directory.
  var directory: Int32 { parent?.number ?? AT_FDCWD }

  init(_ path: String, for purpose: FilePurpose) throws(Failure) {
    guard !path.utf8.contains(0) else {
      throw Failure(.usage, at: printable(path.utf8), "a path cannot hold a zero byte")
    }
    let parts = path.utf8.contains(0x2E) ? path.split(separator: "/") : []
    guard let first = parts.firstIndex(where: { RunName.isTemporary($0) }), first + 1 < parts.count
    else {
      (name, parent) = (path, nil)
      return
    }
    let top = (path.utf8.first == 0x2F ? "/" : "") + parts[...first].joined(separator: "/")
    var directory = try Self.own(top, in: AT_FDCWD, path, purpose)
    for part in parts[(first + 1)..<(parts.count - 1)] {
      directory = try Self.own(String(part), in: directory.number, path, purpose)
    }
    (name, parent) = (String(parts[parts.count - 1]), directory)
  }

  /// Opens a directory of ours.
  static func own(
    _ name: String, in directory: Int32, _ path: String, _ purpose: FilePurpose
  ) throws(Failure) -> Descriptor {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
    let opened = try Descriptor(
      opening: name, in: directory, path, flags, for: purpose, to: "open the directory of")
    var above = stat()
    guard unsafe fstatat(opened.number, "..", &above, 0) == 0,
      isOwn(try opened.status(), in: above)
    else {
      throw Failure(
        .permission, at: path, "lies in a directory that belongs to somebody else",
        hint: "choose a directory that nobody else may write into")
    }
    return opened
  }

  /// Whether something is ours, and not put there by somebody who may write into the directory:
  /// it belongs to the user that this process runs as, or to the directory's owner, as everything
  /// does on file systems that know no users.
  static func isOwn(_ status: stat, in directory: stat) -> Bool {
    status.st_uid == geteuid() || status.st_uid == directory.st_uid
  }
}

extension PosixFileSystem {
  package func removeTree(_ path: String) throws(Failure) {
    guard let status = try status(path) else { return }
    guard status.kind == .directory else { return try removeFile(path) }
    let place = try PosixPlace(path, for: .writing)
    try removeTree(place.name, in: place.directory, path)
  }

  /// Removes a directory of ours with everything in it, through no link.
  private func removeTree(
    _ name: String, in parent: Int32, _ path: String
  ) throws(Failure) {
    let directory = try PosixPlace.own(name, in: parent, path, .writing)
    for bytes in try Self.names(in: directory) {
      let entry = bytes.map { CChar(bitPattern: $0) } + [0]
      guard unsafe unlinkat(directory.number, entry, 0) != 0 else { continue }
      guard errno == EISDIR else { throw Failure.system(errno, "remove", path, for: .writing) }
      let inner = String(decoding: bytes, as: UTF8.self)
      try removeTree(inner, in: directory.number, "\(path)/\(inner)")
    }
    guard unsafe unlinkat(parent, name, AT_REMOVEDIR) == 0 else {
      throw Failure.system(errno, "remove the directory", path, for: .writing)
    }
  }
}
