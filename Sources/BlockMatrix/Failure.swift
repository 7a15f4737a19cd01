/// Why something could not be done: where, what, and what to do next.
///
/// The one error type of the project. What a caller can cause with data, files or settings is a
/// `Failure`; what only a bug can cause is a `precondition`. Only the command turns a failure into
/// text and an exit status.
package struct Failure: Error, Equatable, Sendable {
  /// The exit status that a failure leads to, after the BSD `sysexits` convention.
  package enum Code: Int32, Sendable {
    /// The command line or a setting is wrong.
    case usage = 64
    /// The input, or a file of ours, breaks the rules of its format.
    case data = 65
    /// The input is not there.
    case missingInput = 66
    /// A bug of this program.
    case bug = 70
    /// The work does not fit into the memory it may use.
    case memory = 71
    /// The output exists already, or another process holds it.
    case output = 73
    /// The operating system could not read or write.
    case io = 74
    /// Stopped on request; everything is saved, and the same command goes on.
    case stopped = 75
    /// Training has left the finite numbers: what is saved is from before.
    case diverged = 76
    /// The operating system does not permit it.
    case permission = 77
    /// The settings are not those that the model was begun with.
    case mismatch = 78
  }

  package let code: Code
  /// `file:line:column`, `shard, section, offset`, or a setting's name; empty where there is none.
  package let place: String
  /// Whether the place is a setting, which a command line calls by its option.
  package let isSetting: Bool
  /// What is wrong, in one line, without a full stop.
  package let message: String
  /// What to do next, in one line; empty where nothing can be advised.
  package let hint: String

  package init(_ code: Code, at place: String = "", _ message: String, hint: String = "") {
    self.code = code
    self.place = place
    isSetting = false
    self.message = message
    self.hint = hint
  }

  /// - Parameter setting: Its name as people write it, words with hyphens between.
  package init(_ code: Code, setting: String, _ message: String, hint: String = "") {
    self.code = code
    place = setting
    isSetting = true
    self.message = message
    self.hint = hint
  }
}

extension Failure: CustomStringConvertible {
  /// `place: message`, and the hint on a line of its own.
  package var description: String {
    (place.isEmpty ? message : "\(place): \(message)") + (hint.isEmpty ? "" : "\nhint: \(hint)")
  }
}
