import BlockMatrix
import BlockStore
import CSystem
import Glibc

/// Messages and progress: lines for people, never data.
enum StandardError {
  /// The width of the terminal that reads the messages; `nil` where none does.
  static var terminalColumns: Int? {
    let columns = Int(csystem_terminal_columns(STDERR_FILENO))
    return columns > 0 ? columns : nil
  }

  /// What takes the live line away, where a terminal shows one.
  private static let clearedLine = "\r\u{1B}[K"

  /// Writes a message on a line of its own.
  static func note(_ message: String) { write("blockals: \(message)\n") }

  /// Says that a run found its output made by an earlier one.
  static func noteComplete(_ path: String) { note("\(path) is complete already") }

  /// Writes text, unless another rank of the same job writes it.
  ///
  /// - Parameter clearing: Whether to take the live line away before.
  static func write(_ text: String, clearing: Bool = false) {
    if Launch.current.speaks { insist(text, clearing: clearing) }
  }

  /// Writes text whoever writes besides; nothing in it can steer the terminal.
  ///
  /// What cannot be written is lost: there is nowhere left to say so.
  static func insist(_ text: String, clearing: Bool = false) {
    put((clearing ? clearedLine : "") + visible(text))
  }

  /// Writes a JSON object, whose strings are harmless as they are written, on a line, unless
  /// another rank of the same job writes it.
  static func write(_ json: JSONText) {
    if Launch.current.speaks { put(json.text + "\n") }
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
