/// Finds declarations in the sources whose name stands nowhere else in them.
///
/// By name alone: what shares its name with something that is used counts as used, so not
/// everything dead is found, but what is found is dead. Tests do not count: what only they use
/// belongs to them.
struct DeadDeclarations {
  private struct Declaration {
    let name: Substring
    let violation: Violation
  }

  /// Names that are used from outside: by the language, by a library, by whoever starts the
  /// command.
  private static let called: Set<Substring> = [
    "BlockALSCommand", "configuration", "description", "encode", "hash", "main", "makeIterator",
    "next", "run", "validate",
  ]

  private static let keywords: Set<Substring> = [
    "actor", "associatedtype", "class", "enum", "func", "let", "protocol", "struct", "typealias",
    "var",
  ]

  private var declarations: [Declaration] = []
  /// How often each name is declared, and how often it stands anywhere.
  private var declared: [Substring: Int] = [:]
  private var standing: [Substring: Int] = [:]

  init(_ files: [SourceFile]) {
    for file in files { read(file) }
  }

  /// What is dead, in the order of the files.
  var violations: [Violation] {
    declarations.filter { declared[$0.name] == standing[$0.name] }.map(\.violation)
  }

  private mutating func read(_ file: SourceFile) {
    // Cases that are made from raw values need not be named.
    var isRaw = false
    for (index, line) in file.code.enumerated() {
      let words = Self.words(line)
      for word in words { standing[word, default: 0] += 1 }
      if words.contains("enum") { isRaw = line.contains(/:.*\b(String|U?Int\d*|CodingKey)\b/) }
      var names = zip(words, words.dropFirst()).filter { Self.keywords.contains($0.0) }.map(\.1)
      if !isRaw { names += Self.cases(line) }
      for name in names {
        declared[name, default: 0] += 1
        guard !words.contains("public"), !Self.called.contains(name) else { continue }
        declarations.append(
          Declaration(
            name: name,
            violation: Violation(
              path: file.path, line: index + 1, message: "nothing uses '\(name)'")))
      }
    }
  }

  /// The cases that a line declares; a pattern of a `switch` has a colon or a dot.
  private static func cases(_ line: String) -> [Substring] {
    var depth = 0
    let flat = line.filter { character in
      if "([".contains(character) { depth += 1 }
      defer { if ")]".contains(character) { depth -= 1 } }
      return depth == 0
    }
    let start = flat.drop { $0 == " " }.replacing("indirect ", with: "")
    guard start.hasPrefix("case "), !start.contains(/[:.]/) else { return [] }
    return start.dropFirst(5).split(separator: ",").compactMap { words(String($0)).first }
      .filter { !["let", "var", "is", "nil"].contains($0) }
  }

  private static func words(_ line: String) -> [Substring] {
    line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
  }
}
