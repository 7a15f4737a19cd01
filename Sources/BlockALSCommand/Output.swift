import BlockMatrix
import BlockStore
import CSystem
import Glibc

/// What a command has found, in words and for programs.
protocol Report {
  /// Whole lines.
  var text: String { get }
  var json: JSONText { get }
}

/// Results, on standard output.
enum Output {
  /// Whether a terminal shows it.
  static var isTerminal: Bool { csystem_terminal_columns(STDOUT_FILENO) > 0 }

  /// Writes a result, or fails: a full disk behind a redirection is no success.
  ///
  /// Nothing in it can steer a terminal. Of several ranks the first one writes it.
  ///
  /// - Parameter json: A JSON object to write in place of the text; its strings are harmless as
  ///   they are written.
  static func write(
    _ text: @autoclosure () -> String, orJSON json: JSONText? = nil
  ) throws(Failure) {
    guard Launch.current.speaks else { return }
    let line = json.map { $0.text + "\n" } ?? visible(text())
    try PosixFileSystem().standardOutput.write(Array(line.utf8))
  }

  static func write(_ report: some Report, asJSON: Bool) throws(Failure) {
    try write(report.text, orJSON: asJSON ? report.json : nil)
  }
}
