import BlockMatrix

/// Why something could not be done: where, what, and what to do next.
public struct BlockALSError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds of errors; the raw value is the exit status that the command ends with.
  public enum Kind: Int32, Sendable {
    /// A setting is wrong, or two do not go together.
    case usage = 64
    /// The input, or a file of ours, breaks the rules of its format.
    case data = 65
    /// The input is not there.
    case missingInput = 66
    /// A bug of this library.
    case bug = 70
    /// The work does not fit into the memory it may use.
    case memory = 71
    /// The output exists already, or another process holds it.
    case output = 73
    /// The operating system could not read or write.
    case io = 74
    /// Stopped on request, and saved.
    case stopped = 75
    /// Training has left the finite numbers; generations from before stay.
    case diverged = 76
    /// The operating system does not permit it.
    case permission = 77
    /// The settings are not those that the model was begun with.
    case mismatch = 78
  }

  /// The kind of error.
  public let kind: Kind
  /// `file:line:column`, or shard, section and offset, or an option; empty where there is none.
  public let place: String
  /// What is wrong, in one line.
  public let message: String
  /// What to do next, in one line; empty where nothing can be advised.
  public let hint: String

  /// `place: message`, and the hint on a line of its own.
  public var description: String {
    (place.isEmpty ? message : "\(place): \(message)") + (hint.isEmpty ? "" : "\nhint: \(hint)")
  }

  init(_ failure: Failure) {
    kind = Kind(rawValue: failure.code.rawValue) ?? .bug
    place = failure.place
    message = failure.message
    hint = failure.hint
  }
}

/// Runs what throws the project's own error, and throws the public one.
func publicly<Output>(
  _ body: () throws(Failure) -> Output
) throws(BlockALSError) -> Output {
  do throws(Failure) {
    return try body()
  } catch {
    throw BlockALSError(error)
  }
}
