import BlockMatrix
import BlockStore

/// What has been measured so far, in a file: a tuning that was stopped goes on from it, and another
/// one takes from it what both ask for.
///
/// Each line names everything that its value follows from, so that one record serves any number of
/// comparisons. It is locked while it is open.
package final class TuningRecord {
  private let log: CheckedLog
  private let lock: PathLock
  /// By the text of their keys.
  private var values: [String: FoldValue] = [:]

  /// Opens a record, or begins one.
  ///
  /// - Throws: `.output` where another process has it open; `.data` where the file is damaged
  ///   before its end, or none of ours.
  package init(_ path: String, in fileSystem: any FileSystem) throws(Failure) {
    let path = Path.trimmed(path)
    log = CheckedLog(path, in: fileSystem)
    lock = try PathLock(path, in: fileSystem)
    do throws(Failure) {
      try read(path, in: fileSystem)
    } catch {
      lock.release()
      throw error
    }
  }

  deinit { lock.release() }

  private func read(_ path: String, in fileSystem: any FileSystem) throws(Failure) {
    guard let content = try log.content() else { return }
    func refuse(_ message: String, at place: String) -> Failure {
      Failure(.data, at: place, message, hint: "give another --record, or remove the file")
    }
    if let damage = content.damage {
      guard content.isTorn else { throw refuse(damage, at: "\(path), offset \(content.byteCount)") }
      // Appending cuts off what is torn: it has to be ours.
      let start = try fileSystem.open(path, streaming: false).read(upTo: Self.beginning.count)
      guard start.elementsEqual(Self.beginning.prefix(start.count)) || start.allSatisfy({ $0 == 0 })
      else { throw refuse("is no record of a tuning", at: path) }
    }
    for (number, line) in content.lines.enumerated() {
      guard let mark = line.firstRange(of: Self.middle),
        let value = Self.value(line[mark.lowerBound...])
      else { throw refuse("is no line of a tuning's record", at: "\(path):\(number + 1)") }
      values["\(line[..<mark.lowerBound])}"] = value
    }
  }

  private static let beginning = Array("{\"ratings\":\"".utf8)
  /// What stands between a key's members and the value's; no text can look like it.
  private static let middle = ",\"value\":"

  private static func value(_ members: Substring) -> FoldValue? {
    let texts = members.dropLast().split(separator: ",").map { $0.drop { $0 != ":" }.dropFirst() }
    guard texts.count == 4, let pairs = Int(texts[2]), let coldPairs = Int(texts[3]) else {
      return nil
    }
    // Of a model that diverged `null` is written: no number.
    return FoldValue(
      value: Double(texts[0]), known: Double(texts[1]), pairs: pairs, coldPairs: coldPairs)
  }

  /// What was measured of what `key` names.
  package func value(_ key: [(String, JSONText)]) -> FoldValue? {
    values[JSONText.object(key).text]
  }

  /// Keeps a value, on the disk.
  package func enter(_ value: FoldValue, for key: [(String, JSONText)]) throws(Failure) {
    let members: [(String, JSONText)] = [
      ("value", .number(value.value)), ("known", .number(value.known)),
      ("pairs", .int(value.pairs)), ("coldPairs", .int(value.coldPairs)),
    ]
    try log.append(JSONText.object(key + members).text)
    // A value may have taken hours: it is kept before the next begins.
    try log.flush()
    values[JSONText.object(key).text] = value
  }
}
