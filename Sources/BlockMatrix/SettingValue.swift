/// A value of a setting, whoever gives it: a command line, a manifest, a program.
package enum SettingValue: Sendable, Equatable {
  case whole(Int)
  /// A key of random numbers: any 64 bits.
  case seed(UInt64)
  case number(Double)
  case word(String)
  case flag(Bool)

  /// The value as people read and write it.
  package var text: String {
    switch self {
    case .whole(let value): String(value)
    case .seed(let value): String(value)
    case .number(let value): value.description
    case .word(let value): value
    case .flag(let value): value ? "yes" : "no"
    }
  }
}

/// What a setting can be of.
package protocol SettingType: Sendable, Equatable {
  /// `nil` where the value is of another kind, or no member of this one.
  init?(_ value: SettingValue)
  var settingValue: SettingValue { get }
  /// Which values there are, where they can be counted.
  static var words: [String] { get }
  /// Reads a value as ``SettingValue/text`` writes it; `nil` where the text is none.
  static func value(ofText text: String) -> SettingValue?
  /// Takes a value out of a manifest.
  static func decode<Key: CodingKey>(
    _ fields: KeyedDecodingContainer<Key>, _ key: Key
  ) throws -> SettingValue?
}

extension SettingType {
  package static var words: [String] { [] }
}

extension SettingType where Self: Decodable {
  package static func decode<Key: CodingKey>(
    _ fields: KeyedDecodingContainer<Key>, _ key: Key
  ) throws -> SettingValue? {
    try fields.decodeIfPresent(Self.self, forKey: key)?.settingValue
  }
}

extension Int: SettingType {
  package init?(_ value: SettingValue) {
    guard case .whole(let whole) = value else { return nil }
    self = whole
  }
  package var settingValue: SettingValue { .whole(self) }
  package static func value(ofText text: String) -> SettingValue? { Int(text).map { .whole($0) } }
}

extension UInt64: SettingType {
  package init?(_ value: SettingValue) {
    guard case .seed(let seed) = value else { return nil }
    self = seed
  }
  package var settingValue: SettingValue { .seed(self) }
  package static func value(ofText text: String) -> SettingValue? { UInt64(text).map { .seed($0) } }
}

extension Double: SettingType {
  package init?(_ value: SettingValue) {
    guard case .number(let number) = value else { return nil }
    self = number
  }
  package var settingValue: SettingValue { .number(self) }
  package static func value(ofText text: String) -> SettingValue? {
    Double(text).map { .number($0) }
  }
}

extension Bool: SettingType {
  package init?(_ value: SettingValue) {
    guard case .flag(let flag) = value else { return nil }
    self = flag
  }
  package var settingValue: SettingValue { .flag(self) }
  package static func value(ofText text: String) -> SettingValue? {
    ["yes": true, "no": false][text].map { .flag($0) }
  }
}

extension String: SettingType {
  package init?(_ value: SettingValue) {
    guard case .word(let word) = value else { return nil }
    self = word
  }
  package var settingValue: SettingValue { .word(self) }
  package static func value(ofText text: String) -> SettingValue? { .word(text) }
}

/// A choice between words.
package protocol SettingWord: SettingType, RawRepresentable<String>, CaseIterable {}

extension SettingWord {
  package init?(_ value: SettingValue) {
    guard case .word(let word) = value else { return nil }
    self.init(rawValue: word)
  }
  package var settingValue: SettingValue { .word(rawValue) }
  package static var words: [String] { allCases.map(\.rawValue) }
  package static func value(ofText text: String) -> SettingValue? { .word(text) }
  package static func decode<Key: CodingKey>(
    _ fields: KeyedDecodingContainer<Key>, _ key: Key
  ) throws -> SettingValue? {
    try String.decode(fields, key)
  }
}
