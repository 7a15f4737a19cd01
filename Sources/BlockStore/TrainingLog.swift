import BlockMatrix
import Workers

/// `training.jsonl`: one JSON object a line, appended; for people, and never needed to go on.
///
/// Each line ends with a member `check`, XXH3-64 of the line without it, seeded with the line's
/// number from 0: a line that was changed, moved or torn shows. So does an end that is missing, as
/// far as a generation was committed after it.
package final class TrainingLog: Sendable {
  static let fileName = "training.jsonl"

  package let path: String
  private let fileSystem: any FileSystem
  private let state = Locked(State())

  private struct State {
    var file: (any WritableFile)?
    var lineCount = 0
  }

  /// What the bytes of a log hold.
  struct Content {
    var lines: [String] = []
    /// The length of the lines that are whole.
    var byteCount = 0
    /// What is wrong with the bytes that follow, where some follow.
    var damage: String?
    /// Whether they are a last line without an end, as a crash leaves it.
    var isTorn = false
  }

  init(_ path: String, in fileSystem: any FileSystem) {
    self.path = path
    self.fileSystem = fileSystem
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

  /// What the log holds; nothing where there is none.
  func content() throws(Failure) -> Content? {
    guard try fileSystem.status(path) != nil else { return nil }
    let file = try fileSystem.open(path, streaming: false)
    return Self.decode(try file.read(count: file.byteCount, at: 0))
  }

  /// The lines, as they were given; a torn end is left out.
  package func read() throws(Failure) -> [String] {
    let content = try content()
    return content?.lines ?? []
  }

  /// Appends a line; the first time, a torn end is cut off.
  package func append(_ line: String) throws(Failure) {
    guard line.utf8.first == 0x7B, line.utf8.last == 0x7D, line.utf8.count > 2,
      !line.utf8.contains(0x0A)
    else { throw Failure(.bug, at: path, "a line of the log is no JSON object") }
    try state.withLock { state throws(Failure) in
      if state.file == nil { try openAtEnd(&state) }
      try state.file?.write(Self.encode(line, number: state.lineCount))
      state.lineCount += 1
    }
  }

  /// Flushes what was appended to the disk.
  ///
  /// Before a generation is committed: so a log that ends before its generation was cut off.
  package func flush() throws(Failure) {
    try state.withLock { state throws(Failure) in
      let file = state.file
      state.file = nil
      try file?.commit()
    }
  }

  private func openAtEnd(_ state: inout State) throws(Failure) {
    let content = try content()
    state.lineCount = content?.lines.count ?? 0
    if let content, content.damage != nil {
      if content.isTorn {
        try fileSystem.truncate(path, to: content.byteCount)
      } else {
        try setAside()
        try create(content.lines)
      }
    }
    state.file = try fileSystem.append(to: path)
  }

  /// Keeps a damaged log for whoever wants to look at it.
  private func setAside() throws(Failure) {
    try fileSystem.removeTree("\(path).damaged")
    try fileSystem.rename(path, to: "\(path).damaged")
  }

  private func create(_ lines: [String]) throws(Failure) {
    try fileSystem.publish(lines.enumerated().flatMap { Self.encode($1, number: $0) }, as: path)
  }

  /// Makes the log hold exactly these lines: cuts it where they are its beginning.
  package func rewrite(_ lines: [String]) throws(Failure) {
    try state.withLock { state throws(Failure) in
      try state.file?.close()
      state.file = nil
      guard let content = try content() else { return try create(lines) }
      if content.damage != nil, !content.isTorn {
        try setAside()
        try create(lines)
      } else if content.lines.starts(with: lines) {
        let byteCount = lines.enumerated().reduce(0) {
          $0 + Self.encode($1.element, number: $1.offset).count
        }
        try fileSystem.truncate(path, to: byteCount)
      } else {
        try fileSystem.removeFile(path)
        try create(lines)
      }
    }
  }

  func remove() throws(Failure) {
    try state.withLock { state throws(Failure) in
      try state.file?.close()
      state.file = nil
      try fileSystem.removeTree(path)
    }
  }
}
