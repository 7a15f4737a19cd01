import BlockMatrix
import Workers

/// A file of JSON objects, one a line, that only grows at its end.
///
/// Each line ends with a member `check`, XXH3-64 of the line without it, seeded with the line's
/// number from 0: a line that was changed, moved or torn shows.
///
/// The file appears by a rename, so that it is never there half-made. What a death leaves after the
/// last whole line is cut off by whoever appends next. Appending belongs to one process at a time:
/// to the one that holds the lock of what the log is part of.
package final class CheckedLog: Sendable {
  package let path: String
  private let fileSystem: any FileSystem
  private let state = Locked(State())

  private struct State {
    /// Open while lines are appended that are not flushed.
    var file: (any WritableFile)?
    var lineCount = 0
  }

  /// What the bytes of a log hold.
  package struct Content {
    package var lines: [String] = []
    /// The length of the lines that are whole.
    package var byteCount = 0
    /// What is wrong with the bytes that follow, where some follow.
    package var damage: String?
    /// Whether they are a last line without an end, as a crash leaves it.
    package var isTorn = false
  }

  package init(_ path: String, in fileSystem: any FileSystem) {
    self.path = path
    self.fileSystem = fileSystem
  }

  // MARK: Reading

  /// Takes the lines out of a log's bytes, up to the first that is not whole.
  static func decode(_ bytes: [UInt8]) -> Content {
    var content = Content()
    while content.byteCount < bytes.count {
      let rest = bytes[content.byteCount...]
      guard let end = rest.firstIndex(of: 0x0A) else {
        content.damage = "the last line is torn"
        content.isTorn = true
        return content
      }
      let text = rest[..<end]
      let body = text.dropLast(checkByteCount)
      guard let line = String(validating: body + [0x7D], as: UTF8.self),
        text.suffix(checkByteCount).elementsEqual(check(line, number: content.lines.count).utf8)
      else {
        content.damage = "the check of line \(content.lines.count + 1) does not fit it"
        return content
      }
      content.lines.append(line)
      content.byteCount = end + 1
    }
    return content
  }

  /// What the log holds; `nil` where there is none.
  package func content() throws(Failure) -> Content? {
    guard try fileSystem.status(path) != nil else { return nil }
    let file = try fileSystem.open(path, streaming: false)
    return Self.decode(try file.read(count: file.byteCount, at: 0))
  }

  /// The lines, as they were given, up to the first that is not whole.
  package func lines() throws(Failure) -> [String] { try content()?.lines ?? [] }

  // MARK: Appending

  /// Appends a line, which may be lost until ``flush()``.
  package func append(_ line: String) throws(Failure) {
    // Whoever reads finds lines by their ends, and puts the check before the last brace.
    guard line.utf8.first == 0x7B, line.utf8.last == 0x7D, line.utf8.count > 2,
      !line.utf8.contains(0x0A)
    else { throw Failure(.bug, at: path, "a line of the log is no JSON object") }
    try state.withLock { state throws(Failure) in
      if state.file == nil { try openAtEnd(&state) }
      try write([line], &state)
    }
  }

  /// Flushes what was appended to the disk.
  package func flush() throws(Failure) {
    try state.withLock { state throws(Failure) in
      // Whether or not it succeeds: a file that failed to flush is not flushed again.
      defer { state.file = nil }
      try state.file?.commit()
    }
  }

  /// Makes the log hold exactly these lines, on the disk: cuts it where they differ from its own.
  package func rewrite(_ lines: [String]) throws(Failure) {
    try state.withLock { state throws(Failure) in
      try state.file?.close()
      state.file = nil
      try openAtEnd(&state)
      let present = try self.lines()
      // Lines that are right are left alone: written anew, they could be lost on the way.
      let shared = zip(present, lines).prefix { $0 == $1 }.count
      if shared < present.count {
        try fileSystem.truncate(path, to: Self.encode(lines[..<shared], from: 0).count)
        state.lineCount = shared
      }
      try write(lines[shared...], &state)
      defer { state.file = nil }
      try state.file?.commit()
    }
  }

  package func remove() throws(Failure) {
    try state.withLock { state throws(Failure) in
      try state.file?.close()
      state.file = nil
      try fileSystem.removeTree(path)
    }
  }

  private func write(_ lines: ArraySlice<String>, _ state: inout State) throws(Failure) {
    do throws(Failure) {
      try state.file?.write(Self.encode(lines, from: state.lineCount))
    } catch {
      // Part of it may be there: whoever appends next looks, and cuts it off.
      try? state.file?.close()
      state.file = nil
      throw error
    }
    state.lineCount += lines.count
  }

  private func openAtEnd(_ state: inout State) throws(Failure) {
    let content = try content()
    if let content, content.damage != nil {
      // A torn end is what a crash leaves, and goes; anything else somebody may want to look at.
      if content.isTorn {
        try fileSystem.truncate(path, to: content.byteCount)
      } else {
        try setAside()
        try create(content.lines)
      }
    } else if content == nil {
      try create([])
    }
    state.lineCount = content?.lines.count ?? 0
    state.file = try fileSystem.append(to: path)
  }

  /// Keeps a damaged log for whoever wants to look at it.
  private func setAside() throws(Failure) {
    try fileSystem.removeTree("\(path).damaged")
    try fileSystem.rename(path, to: "\(path).damaged")
  }

  private func create(_ lines: [String]) throws(Failure) {
    try fileSystem.publish(Self.encode(lines[...], from: 0), as: path)
  }

  // MARK: A line

  /// Lines as they stand in the file.
  private static func encode(_ lines: ArraySlice<String>, from first: Int) -> [UInt8] {
    lines.enumerated().flatMap { encode($1, number: first + $0) }
  }

  /// A line as it stands in the file.
  static func encode(_ line: String, number: Int) -> [UInt8] {
    Array("\(line.dropLast())\(check(line, number: number))\n".utf8)
  }

  private static func check(_ line: String, number: Int) -> String {
    let checksum = Checksum.xxh3(Array(line.utf8), seed: UInt64(number))
    return ",\"check\":\"\(Checksum.hex(checksum))\"}"
  }

  private static let checkByteCount = check("{}", number: 0).utf8.count
}
