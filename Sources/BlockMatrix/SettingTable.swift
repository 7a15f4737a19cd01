/// A setting: everything that is to be known of it but what it does.
///
/// The one place where a setting is described. Command line, manifest, messages and comparison go
/// by the table that it stands in.
package struct Setting<Value: SettingType>: Sendable {
  /// As people write it, words with hyphens between; in manifests the same in camel case.
  package let name: String
  let conditions: [SettingCondition]
  let rule: SettingRule<Value>
  let standard: @Sendable (SettingValues) -> Value?
  let absent: (@Sendable (SettingValues) -> Value?)?
  let isStored: Bool
  let refusal: @Sendable (Value, SettingValues) -> String?

  /// Describes a setting.
  ///
  /// - Parameters:
  ///   - needs: What has to hold for the settings before it, so that it has a meaning.
  ///   - standard: What holds where nothing is said, by the settings before it; `nil` where the
  ///     setting is then not set.
  ///   - absent: What a manifest says that does not have it; `nil` where every manifest has it.
  ///     Never changes, unlike `standard`: old manifests keep their meaning.
  ///   - isStored: Whether manifests have it at all.
  ///   - refusal: Why a value does not go together with the settings before it.
  init(
    _ name: String, needs conditions: [SettingCondition] = [], rule: SettingRule<Value> = .any,
    isStored: Bool = true,
    refusal: @escaping @Sendable (Value, SettingValues) -> String? = { _, _ in nil },
    absent: (@Sendable (SettingValues) -> Value?)? = nil,
    standard: @escaping @Sendable (SettingValues) -> Value?
  ) {
    self.name = name
    self.conditions = conditions
    self.rule = rule
    self.standard = standard
    self.absent = absent
    self.isStored = isStored
    self.refusal = refusal
  }
}

/// Where a setting has a meaning.
struct SettingCondition: Sendable {
  /// What would have to be set, as people write it.
  let words: String
  let holds: @Sendable (SettingValues) -> Bool

  init(_ words: String, _ holds: @escaping @Sendable (SettingValues) -> Bool) {
    self.words = words
    self.holds = holds
  }
}

/// Which values a setting may have by itself.
struct SettingRule<Value: Sendable>: Sendable {
  /// What is said of a value that breaks it, after "is not".
  let words: String
  let holds: @Sendable (Value) -> Bool

  static var any: SettingRule { SettingRule(words: "", holds: { _ in true }) }
}

extension SettingRule where Value == Int {
  static func within(_ range: ClosedRange<Int>) -> SettingRule {
    let words =
      range.upperBound == .max
      ? "at least \(range.lowerBound)" : "between \(range.lowerBound) and \(range.upperBound)"
    return SettingRule(words: words, holds: { range.contains($0) })
  }
}

extension SettingRule where Value == Double {
  static var notNegative: SettingRule {
    SettingRule(words: "a number ≥ 0", holds: { $0.isFinite && $0 >= 0 })
  }
  static var positive: SettingRule {
    SettingRule(words: "a number > 0", holds: { $0.isFinite && $0 > 0 })
  }
  /// - Parameter isClosed: Whether the upper bound is one of the values; the lower one is not.
  static func above(_ least: Double, to most: Double, isClosed: Bool) -> SettingRule {
    SettingRule(
      words: "between \(least) and \(most)",
      holds: { $0 > least && ($0 < most || (isClosed && $0 == most)) })
  }
  static func within(_ range: ClosedRange<Double>) -> SettingRule {
    SettingRule(
      words: "between \(range.lowerBound) and \(range.upperBound)", holds: { range.contains($0) })
  }
}

/// Values of settings, by name.
package struct SettingValues: Sendable, Equatable {
  private var values: [String: SettingValue] = [:]

  package init() {}

  package var isEmpty: Bool { values.isEmpty }

  /// The value of a setting; `nil` where it is not set.
  package subscript<Value: SettingType>(setting: Setting<Value>) -> Value? {
    get { values[setting.name].flatMap { Value($0) } }
    set { values[setting.name] = newValue?.settingValue }
  }

  package subscript(name: String) -> SettingValue? {
    get { values[name] }
    set { values[name] = newValue }
  }
}

/// Settings that belong together, each after those that its meaning depends on.
package struct SettingTable: Sendable {
  /// A setting without its type.
  private struct Row: Sendable {
    let name: String
    let member: String
    let isStored: Bool
    /// The value that holds, checked; `nil` where the setting has no meaning.
    let resolve:
      @Sendable (_ given: SettingValue?, _ fallback: SettingValue?, SettingValues) throws(Failure)
        -> SettingValue?
    let absent: (@Sendable (SettingValues) -> SettingValue?)?
    let read: @Sendable (String) -> SettingValue?
    let applies: @Sendable (SettingValues) -> Bool
    let decode: @Sendable (KeyedDecodingContainer<Member>) throws -> SettingValue?
  }

  /// A key of a manifest's object.
  private struct Member: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private var rows: [Row] = []

  init<each Value: SettingType>(_ settings: repeat Setting<each Value>) {
    repeat add(each settings)
  }

  /// The names of all settings, in order.
  package var names: [String] { rows.map(\.name) }

  /// Takes the settings of this table out of texts by name; others stay.
  ///
  /// - Throws: `.usage` naming the setting that a text is no value of.
  package func take(from texts: inout [String: String]) throws(Failure) -> SettingValues {
    var values = SettingValues()
    for row in rows {
      guard let text = texts.removeValue(forKey: row.name) else { continue }
      guard let value = row.read(text) else {
        throw Failure(.usage, setting: row.name, "'\(printable(text.utf8))' is no value of it")
      }
      values[row.name] = value
    }
    return values
  }

  /// The setting that is called so in manifests and programs; `nil` where there is none.
  package func name(ofMember member: String) -> String? {
    rows.first { $0.member == member }?.name
  }

  private mutating func add<Value: SettingType>(_ setting: Setting<Value>) {
    let member = Self.member(setting.name)
    var absent: (@Sendable (SettingValues) -> SettingValue?)?
    if let given = setting.absent {
      absent = { (before: SettingValues) -> SettingValue? in given(before)?.settingValue }
    }
    rows.append(
      Row(
        name: setting.name, member: member, isStored: setting.isStored,
        resolve: { (given, fallback, before) throws(Failure) -> SettingValue? in
          try setting.resolve(given, fallback, before)
        },
        absent: absent, read: { Value.value(ofText: $0) },
        applies: { (before: SettingValues) -> Bool in
          setting.conditions.allSatisfy { $0.holds(before) }
        },
        decode: { (fields: KeyedDecodingContainer<Member>) throws -> SettingValue? in
          try Value.decode(fields, Member(stringValue: member))
        }))
  }

  /// `regularization-scaling` as `regularizationScaling`.
  private static func member(_ name: String) -> String {
    let words = name.split(separator: "-")
    return words.enumerated().map { position, word in
      position == 0 ? String(word) : word.prefix(1).uppercased() + word.dropFirst()
    }.joined()
  }

  /// Every setting that has a meaning, with the value that holds.
  ///
  /// - Parameters:
  ///   - given: What was asked for.
  ///   - defaults: What holds where nothing was asked for, before the table's own; what has no
  ///     meaning beside the rest is passed over.
  /// - Throws: `.usage` naming the setting that has no meaning beside the others, or no such value.
  package func resolve(
    _ given: SettingValues, over defaults: SettingValues = SettingValues()
  ) throws(Failure) -> SettingValues {
    var resolved = SettingValues()
    for row in rows {
      resolved[row.name] = try row.resolve(given[row.name], defaults[row.name], resolved)
    }
    return resolved
  }

  /// The settings that are set, in order, as people read them; a flag that is down says nothing.
  package func described(_ values: SettingValues) -> [(name: String, value: String)] {
    rows.filter(\.isStored).compactMap { row in
      guard let value = values[row.name], value != .flag(false) else { return nil }
      return (row.name, value.text)
    }
  }

  // MARK: Manifests

  /// Reads settings through the same checks as a command line.
  func decode(from decoder: any Decoder) throws -> SettingValues {
    let fields = try decoder.container(keyedBy: Member.self)
    var values = SettingValues()
    for row in rows where row.isStored { values[row.name] = try row.decode(fields) }
    // What is missing has the meaning that it always had, not today's default.
    for row in rows where values[row.name] == nil && row.applies(values) {
      guard let absent = row.absent else {
        throw Failure(.data, at: row.member, "is missing")
      }
      values[row.name] = absent(values)
    }
    return values
  }

  /// Writes the settings that are set, but for those whose absence says the same.
  func encode(_ values: SettingValues, to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Member.self)
    for row in rows where row.isStored {
      guard let value = values[row.name] else { continue }
      if let absent = row.absent, absent(values) == value { continue }
      let key = Member(stringValue: row.member)
      switch value {
      case .whole(let value): try fields.encode(value, forKey: key)
      case .seed(let value): try fields.encode(value, forKey: key)
      case .number(let value): try fields.encode(value, forKey: key)
      case .word(let value): try fields.encode(value, forKey: key)
      case .flag(let value): try fields.encode(value, forKey: key)
      }
    }
  }
}

extension Setting {
  /// The value that holds, checked; `nil` where the setting has no meaning or is not set.
  fileprivate func resolve(
    _ given: SettingValue?, _ fallback: SettingValue?, _ before: SettingValues
  ) throws(Failure) -> SettingValue? {
    if let condition = conditions.first(where: { !$0.holds(before) }) {
      guard given == nil else {
        throw Failure(.usage, setting: name, "has no effect without \(condition.words)")
      }
      return nil
    }
    guard let value = given ?? fallback ?? standard(before)?.settingValue else { return nil }
    guard let typed = Value(value) else {
      throw Failure(
        .usage, setting: name, "'\(printable(value.text.utf8))' is not known",
        hint: Value.words.isEmpty ? "" : "use \(Value.words.joined(separator: ", "))")
    }
    guard rule.holds(typed) else {
      throw Failure(.usage, setting: name, "\(value.text) is not \(rule.words)")
    }
    if let reason = refusal(typed, before) { throw Failure(.usage, setting: name, reason) }
    return value
  }
}
