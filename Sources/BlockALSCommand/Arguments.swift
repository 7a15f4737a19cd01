import CSystem

/// The words of the command line.
enum Arguments {
  /// Those after the program's name; `nil` for what Swift knows of them.
  static var given: [String]? {
    guard let values = unsafe csystem_arguments() else { return nil }
    var words: [String] = []
    var position = 1
    while let value = unsafe values[position] {
      words.append(unsafe String(cString: value))
      position += 1
    }
    return words
  }
}
