import BlockMatrix
import BlockStore

/// An empty directory of a test's own, removed with everything in it when its last owner has gone.
package final class TemporaryDirectory: Sendable {
  package let path: String

  package init() throws(Failure) {
    let name = UInt64.random(in: 0...UInt64.max)
    path = "/tmp/blockals-test-\(String(name, radix: 16))"
    try PosixFileSystem().makeDirectory(path, withParents: false)
  }

  deinit { try? PosixFileSystem().removeTree(path) }

  /// The path of something in the directory.
  package func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file into the directory and returns its path.
  @discardableResult
  package func write(_ bytes: [UInt8], to name: String) throws(Failure) -> String {
    let file = try PosixFileSystem().create(file(name))
    try file.write(bytes)
    try file.close()
    return self.file(name)
  }

  /// Writes a text file into the directory and returns its path.
  @discardableResult
  package func write(_ text: String, to name: String) throws(Failure) -> String {
    try write(Array(text.utf8), to: name)
  }

  /// Writes a file in place of one that is there.
  package func replace(_ name: String, with bytes: [UInt8]) throws(Failure) {
    try PosixFileSystem().removeFile(file(name))
    try write(bytes, to: name)
  }

  /// The bytes of a file in the directory.
  package func read(_ name: String) throws(Failure) -> [UInt8] {
    let file = try PosixFileSystem().open(file(name), streaming: false)
    return try file.read(count: file.byteCount, at: 0)
  }
}
