import CSystem

/// The words of the command line.
enum Arguments {
  /// Those after the program's name.
  static var given: [String] {
    guard let values = unsafe csystem_arguments() else {
      return Array(CommandLine.arguments.dropFirst())
    }
    var words: [String] = []
    var position = 1
    while let value = unsafe values[position] {
      words.append(unsafe String(cString: value))
      position += 1
    }
    return words
  }
}
