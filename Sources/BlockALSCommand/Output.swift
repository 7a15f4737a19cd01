import BlockMatrix
import BlockStore

/// Results, on standard output.
enum Output {
  /// Writes a result, or fails: a full disk behind a redirection is no success.
  static func write(_ text: String) throws(Failure) {
    try PosixFileSystem().standardOutput.write(Array(text.utf8))
  }
}
