import ArgumentParser
import BlockMatrix

/// An option that is named as a setting, and optional: so a command knows what was asked for.
private protocol GivenOption {
  var given: SettingValue? { get }
}

private protocol OptionalSetting {
  var settingValue: SettingValue? { get }
}

extension Optional: OptionalSetting where Wrapped: SettingType {
  fileprivate var settingValue: SettingValue? { map(\.settingValue) }
}

extension Option: GivenOption where Value: OptionalSetting {
  fileprivate var given: SettingValue? { wrappedValue.settingValue }
}

extension Flag: GivenOption where Value == Bool {
  fileprivate var given: SettingValue? { wrappedValue ? .flag(true) : nil }
}

extension ParsableArguments {
  /// What was given of the options that are settings of a table.
  ///
  /// They are found by name, so that an option and its setting cannot be told apart by mistake.
  func given(of table: SettingTable) -> SettingValues {
    var values = SettingValues()
    for child in Mirror(reflecting: self).children {
      // A property wrapper is stored under its property's name with an underscore before it.
      guard let option = child.value as? any GivenOption, let label = child.label,
        let name = table.name(ofMember: String(label.dropFirst()))
      else { continue }
      values[name] = option.given
    }
    return values
  }
}

extension Failure {
  /// The failure as a command line's: a setting is called by its option.
  var namingOption: Failure {
    isSetting ? Failure(code, at: "--\(place)", message, hint: hint) : self
  }
}
