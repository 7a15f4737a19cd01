import BlockMatrix

/// A file or pipe that text is read from, as far as this module sees it.
package protocol ByteSource: AnyObject, Sendable {
  /// What messages call it: a path, or `standard input`.
  var name: String { get }
  /// The length when it was opened; `nil` for a pipe.
  var byteCount: Int? { get }
  /// Reads at most `count` bytes from where the last read ended; none at the end.
  func read(upTo count: Int) throws(Failure) -> [UInt8]
}

/// An input that has not been opened yet.
package struct RatingInput: Sendable {
  /// What messages call it.
  package let name: String
  /// Whether it can be opened a second time; standard input cannot.
  package let isRepeatable: Bool
  // Opened when its turn comes: many files are never open at once.
  package let open: @Sendable () throws(Failure) -> any ByteSource

  package init(
    name: String, isRepeatable: Bool = true,
    open: @escaping @Sendable () throws(Failure) -> any ByteSource
  ) {
    self.name = name
    self.isRepeatable = isRepeatable
    self.open = open
  }
}
