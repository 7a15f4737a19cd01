import Glibc

/// Paths as strings: what the store needs to know of them.
package enum Path {
  /// The path without slashes at its end; the root stays as it is.
  package static func trimmed(_ path: String) -> String {
    // By bytes, as the kernel does: a `Character` may be a slash with a mark on it.
    var bytes = path.utf8[...]
    while bytes.count > 1, bytes.last == 0x2F { bytes = bytes.dropLast() }
    return String(bytes) ?? path
  }

  /// The directory that holds what the path names.
  package static func parent(of path: String) -> String {
    let path = trimmed(path)
    guard let slash = path.utf8.lastIndex(of: 0x2F) else { return "." }
    let head = String(path[..<slash])
    return head.isEmpty ? "/" : trimmed(head)
  }

  /// The last part of the path.
  package static func name(of path: String) -> String {
    let path = trimmed(path)
    guard let slash = path.utf8.lastIndex(of: 0x2F), path != "/" else { return path }
    return String(path[path.utf8.index(after: slash)...])
  }

  /// The path from the root; as it is where the working directory is not known.
  package static func absolute(_ path: String) -> String {
    guard path.utf8.first != 0x2F, let working = unsafe getcwd(nil, 0) else { return path }
    defer { unsafe free(working) }
    let directory = unsafe String(cString: working)
    return path == "." ? directory : "\(directory == "/" ? "" : directory)/\(path)"
  }

  /// A number as it stands in file names: decimal, with zeros before it.
  static func number(_ value: Int, digits: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }
}
