import BlockMatrix
import BlockStore

/// What a command has found, in words and for programs.
protocol Report {
  /// Whole lines.
  var text: String { get }
  var json: JSONText { get }
}

/// Results, on standard output.
enum Output {
  /// Writes a result, or fails: a full disk behind a redirection is no success.
  ///
  /// Of several ranks the first one writes it.
  static func write(_ text: String) throws(Failure) {
    guard Launch.current.speaks else { return }
    try PosixFileSystem().standardOutput.write(Array(text.utf8))
  }

  static func write(_ report: some Report, asJSON: Bool) throws(Failure) {
    try write(asJSON ? report.json.text + "\n" : report.text)
  }
}
