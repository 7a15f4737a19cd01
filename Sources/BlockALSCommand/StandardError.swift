import BlockMatrix
import BlockStore
import CSystem
import Glibc
import Workers

/// Messages and progress: lines for people, never data.
enum StandardError {
  /// The live line that a terminal shows now; `nil` where none does.
  private static let live = Locked<String?>(nil)

  /// The width of the terminal that reads the messages, as it is now; `nil` where none does.
  private static var terminalColumns: Int? {
    let columns = Int(csystem_terminal_columns(STDERR_FILENO))
    return columns > 0 ? columns : nil
  }

  /// How a live line looks beside lines that stay; `nil` on a terminal that can only print.
  private static let liveStyle: (begin: String, end: String)? = {
    func variable(_ name: String) -> String {
      unsafe getenv(name).map { unsafe String(cString: $0) } ?? ""
    }
    if variable("TERM") == "dumb" { return nil }
    return variable("NO_COLOR").isEmpty ? ("\u{1B}[36m", "\u{1B}[0m") : ("", "")
  }()

  /// Writes a message on a line of its own.
  static func note(_ message: String) { write("blockals: \(message)\n") }

  /// Says that a run found its output made by an earlier one.
  static func noteComplete(_ path: String) { note("\(path) is complete already") }

  /// Writes text, unless another rank of the same job writes it.
  static func write(_ text: String) {
    if Launch.current.speaks { insist(text) }
  }

  /// Writes text whoever writes besides, in place of the live line; nothing in it can steer the
  /// terminal.
  ///
  /// What cannot be written is lost: there is nowhere left to say so.
  static func insist(_ text: String) {
    live.withLock { live in
      put(clearing(live) + visible(text))
      live = nil
    }
  }

  /// Writes a JSON object, whose strings are harmless as they are written, on a line, unless
  /// another rank of the same job writes it.
  static func write(_ json: JSONText) {
    guard Launch.current.speaks else { return }
    live.withLock { live in
      put(clearing(live) + json.text + "\n")
      live = nil
    }
  }

  /// Writes a message that comes in between: on a terminal, what was typed stands before it.
  static func interject(_ message: String) {
    let isAfterKey = terminalColumns != nil && live.withLock { $0 == nil }
    write((isAfterKey ? "\n" : "") + "blockals: \(message)\n")
  }

  /// Shows a line in place of the live line before, if a terminal reads.
  ///
  /// - Parameter text: What the line says, by the terminal's columns.
  static func showLive(_ text: (_ columns: Int) -> String) {
    guard Launch.current.speaks, let liveStyle, let columns = terminalColumns else { return }
    let line = visible(text(columns))
    live.withLock { live in
      put(clearing(live, columns) + liveStyle.begin + line + liveStyle.end)
      live = line
    }
  }

  /// Takes the live line away.
  static func clearLive() {
    live.withLock { live in
      put(clearing(live))
      live = nil
    }
  }

  /// What takes a live line away.
  ///
  /// In a terminal that has become narrower since, it has gone over several lines.
  private static func clearing(_ live: String?, _ columns: Int? = nil) -> String {
    guard let live, let columns = columns ?? terminalColumns else { return "" }
    let above = max(0, live.count - 1) / columns
    return above == 0 ? "\r\u{1B}[K" : "\r\u{1B}[\(above)A\u{1B}[J"
  }

  private static func put(_ text: String) {
    var bytes = ArraySlice(text.utf8)
    while !bytes.isEmpty {
      let written = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count)
      }
      guard written > 0 || errno == EINTR else { return }
      bytes = bytes.dropFirst(max(0, written))
    }
  }
}
