import BlockMatrix

/// Settings as C gives them: lines of a name, `=` and a value.
struct TextSettings {
  private var texts: [String: String] = [:]

  init(_ text: UnsafePointer<CChar>?) throws(Failure) {
    guard let text else { return }
    for line in String(cString: text).split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else {
        throw Failure(.usage, at: "settings", "'\(printable(line.utf8))' has no '='")
      }
      texts[String(line[..<equals])] = String(line[line.index(after: equals)...])
    }
  }

  mutating func take(_ table: SettingTable) throws(Failure) -> SettingValues {
    try table.take(from: &texts)
  }

  /// Takes one setting; `nil` where it is not there.
  mutating func take<Value: SettingType>(
    _ name: String, _: Value.Type
  ) throws(Failure) -> Value? {
    guard let text = texts.removeValue(forKey: name) else { return nil }
    guard let value = Value.value(ofText: text).flatMap({ Value($0) }) else {
      throw Failure(.usage, setting: name, "'\(printable(text.utf8))' is no value of it")
    }
    return value
  }

  /// Refuses what nobody has taken.
  func finish() throws(Failure) {
    guard let name = texts.keys.min() else { return }
    throw Failure(.usage, setting: printable(name.utf8), "is no setting of this")
  }
}
