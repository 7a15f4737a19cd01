/// One Swift file: as it is, and with comments and text blanked out.
struct SourceFile {
  /// The path below the package's folder, such as `Sources/BlockMatrix/Side.swift`.
  let path: String
  /// The lines as they are.
  let lines: [String]
  /// The lines with comments, and the text inside quotes, replaced by spaces.
  ///
  /// Code inside an interpolation stays.
  let code: [String]

  init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var blanker = Blanker(text)
    code = blanker.run().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The name of the target that the file belongs to.
  var target: String {
    let parts = path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : ""
  }

  var isTest: Bool { path.hasPrefix("Tests/") }
}

/// Replaces comments and quoted text by spaces; lines and columns stay.
private struct Blanker {
  private let input: [Character]
  private var output: [Character] = []
  private var position = 0

  init(_ text: String) { input = Array(text) }

  mutating func run() -> String {
    code(untilParenthesis: false)
    return String(output)
  }

  private func sees(_ text: String) -> Bool { input[position...].starts(with: text) }

  /// Takes over `count` characters as they are.
  private mutating func keep(_ count: Int) {
    output += input[position..<min(input.count, position + count)]
    position = min(input.count, position + count)
  }

  /// Takes over `count` characters as spaces.
  private mutating func blank(_ count: Int) {
    for character in input[position..<min(input.count, position + count)] {
      output.append(character == "\n" ? "\n" : " ")
    }
    position = min(input.count, position + count)
  }

  /// Code up to the end, or up to the parenthesis that closes an interpolation.
  private mutating func code(untilParenthesis isInterpolation: Bool) {
    var depth = 0
    while position < input.count {
      if sees("//") {
        while position < input.count, input[position] != "\n" { blank(1) }
      } else if sees("/*") {
        comment()
      } else if let hashes = openingQuote() {
        text(hashes: hashes)
      } else {
        if input[position] == "(" { depth += 1 }
        if input[position] == ")" {
          if isInterpolation, depth == 0 { return }
          depth -= 1
        }
        keep(1)
      }
    }
  }

  private mutating func comment() {
    var depth = 0
    repeat {
      if sees("/*") {
        depth += 1
        blank(2)
      } else if sees("*/") {
        depth -= 1
        blank(2)
      } else {
        blank(1)
      }
    } while depth > 0 && position < input.count
  }

  /// The number of `#` before a quote, where text begins here.
  private func openingQuote() -> Int? {
    var end = position
    while end < input.count, input[end] == "#" { end += 1 }
    return end < input.count && input[end] == "\"" ? end - position : nil
  }

  private mutating func text(hashes: Int) {
    let fence = String(repeating: "#", count: hashes)
    keep(hashes)
    let quote = sees("\"\"\"") ? "\"\"\"" : "\""
    keep(quote.count)
    while position < input.count {
      if sees(quote + fence) { return keep(quote.count + hashes) }
      if quote.count == 1, input[position] == "\n" { return }
      if sees("\\" + fence + "(") {
        keep(hashes + 2)
        code(untilParenthesis: true)
      } else if sees("\\" + fence) {
        blank(hashes + 2)
      } else {
        blank(1)
      }
    }
  }
}
