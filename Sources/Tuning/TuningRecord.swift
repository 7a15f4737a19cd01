import BlockMatrix
import BlockStore

/// What has been measured so far, in a file: a cross-validation that was stopped goes on from it.
///
/// The first line says what is being compared; each further line is one point of one fold. Lines
/// end with a checksum; a line that was torn off is dropped.
package final class TuningRecord {
  private let path: String
  private let fileSystem: any FileSystem
  private var values: [String: Double] = [:]

  /// Opens the record, or begins it.
  ///
  /// - Parameter heading: What decides the values besides the point and the fold.
  /// - Throws: `.mismatch` where the file belongs to another comparison.
  package init(
    _ path: String, heading: String, in fileSystem: any FileSystem
  ) throws(Failure) {
    self.path = path
    self.fileSystem = fileSystem
    guard try fileSystem.status(path) != nil else {
      try append(heading)
      return
    }
    let file = try fileSystem.open(path, streaming: false)
    let bytes = try file.read(count: file.byteCount, at: 0)
    // What follows the last line feed was torn off: it goes, so that the next line begins anew.
    let whole = (bytes.lastIndex(of: 0x0A) ?? -1) + 1
    if whole < bytes.count { try fileSystem.truncate(path, to: whole) }
    let lines = bytes[..<whole].split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    guard lines.first.flatMap(Self.content) == heading else {
      throw Failure(
        .mismatch, at: path, "was begun by another comparison",
        hint: "give another --record, or remove the file")
    }
    for (number, line) in lines.enumerated().dropFirst() {
      guard let content = Self.content(line), let space = content.lastIndex(of: " "),
        let value = Double(content[content.index(after: space)...])
      else { throw Failure(.data, at: "\(path):\(number + 1)", "the line is damaged") }
      values[String(content[..<space])] = value
    }
  }

  /// What was measured for a point in a fold.
  package func value(_ point: String, fold: Int) -> Double? { values["fold \(fold) \(point)"] }

  package func enter(_ value: Double, for point: String, fold: Int) throws(Failure) {
    values["fold \(fold) \(point)"] = value
    try append("fold \(fold) \(point) \(value)")
  }

  private func append(_ content: String) throws(Failure) {
    let file = try fileSystem.append(to: path)
    try file.write(Array("\(content) #\(Self.check(content))\n".utf8))
    try file.commit()
  }

  private static func content(_ line: String) -> String? {
    guard let mark = line.lastIndex(of: "#") else { return nil }
    let content = String(line[..<mark].dropLast())
    return line[line.index(after: mark)...] == check(content) ? content : nil
  }

  private static func check(_ content: String) -> String {
    Checksum.hex(Checksum.xxh3(Array(content.utf8)))
  }
}
