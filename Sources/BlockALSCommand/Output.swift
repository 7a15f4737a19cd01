import BlockMatrix
import BlockStore
import CSystem
import Glibc

/// Results, on standard output.
enum Output {
  /// Whether a terminal shows it.
  static var isTerminal: Bool { csystem_terminal_columns(STDOUT_FILENO) > 0 }

  /// Writes a result, or fails: a full disk behind a redirection is no success.
  ///
  /// Nothing in it can steer a terminal.
  ///
  /// - Parameter json: A JSON object to write in place of the text; its strings are harmless as
  ///   they are written.
  static func write(
    _ text: @autoclosure () -> String, orJSON json: JSONText? = nil
  ) throws(Failure) {
    let line = json.map { $0.text + "\n" } ?? visible(text())
    try PosixFileSystem().standardOutput.write(Array(line.utf8))
  }
}
