/// A broken rule, in the form that editors jump to.
struct Violation: CustomStringConvertible, Equatable {
  let path: String
  let line: Int
  let message: String

  var description: String { "\(path):\(line): \(message)" }
}

extension SourceFile {
  /// Everything in this file that breaks a rule, from top to bottom.
  var violations: [Violation] {
    let found = isTest ? sizeViolations + leftovers : sizeViolations + leftovers + sourceViolations
    return found.sorted { ($0.line, $0.message) < ($1.line, $1.message) }
  }

  private var sourceViolations: [Violation] {
    importViolations + fencedWords + endingExpressions
  }

  private func violation(_ index: Int, _ message: String) -> Violation {
    Violation(path: path, line: index + 1, message: message)
  }

  // MARK: Sizes

  private var sizeViolations: [Violation] {
    var found: [Violation] = []
    let count = lines.last == "" ? lines.count - 1 : lines.count
    if count > Fences.fileLines {
      found.append(
        violation(Fences.fileLines, "the file has \(count) lines, \(Fences.fileLines) at most"))
    }
    for (index, line) in lines.enumerated() where line.count > Fences.lineColumns {
      found.append(
        violation(index, "the line has \(line.count) columns, \(Fences.lineColumns) at most"))
    }
    for function in functions where function.count > Fences.functionLines {
      found.append(
        violation(
          function.lowerBound,
          "the function has \(function.count) lines, \(Fences.functionLines) at most"))
    }
    return found
  }

  /// The lines of each function that has a body, from its name to its closing brace.
  ///
  /// Reads the layout that swift-format leaves: a body ends at the first brace that stands in the
  /// function's own column.
  private var functions: [Range<Int>] {
    code.indices.compactMap { start in
      guard code[start].firstMatch(of: Patterns.function) != nil else { return nil }
      let column = indentation(start)
      guard let opening = bodyStart(from: start, column: column) else { return nil }
      guard code[opening].last(where: { $0 != " " }) == "{" else { return start..<opening + 1 }
      let closing = code[(opening + 1)...].indices.first {
        indentation($0) == column && code[$0].drop { $0 == " " }.hasPrefix("}")
      }
      return start..<(closing ?? code.count - 1) + 1
    }
  }

  /// The line on which a function's body opens, or nothing for a requirement of a protocol.
  private func bodyStart(from start: Int, column: Int) -> Int? {
    for index in start..<code.count {
      if code[index].contains("{") { return index }
      guard index > start else { continue }
      let text = code[index].drop { $0 == " " }
      let goesOn = [")", "where", "->", "throws"].contains { text.hasPrefix($0) }
      if text.isEmpty || indentation(index) < column || (indentation(index) == column && !goesOn) {
        return nil
      }
    }
    return nil
  }

  private func indentation(_ index: Int) -> Int { code[index].prefix { $0 == " " }.count }

  // MARK: Imports

  private var importViolations: [Violation] {
    code.enumerated().compactMap { index, line in
      guard let match = line.firstMatch(of: Patterns.importLine) else { return nil }
      let module = String(match.1)
      if let places = Fences.outside[module] ?? Fences.cModules[module] {
        return Fences.allow(path, in: places)
          ? nil : violation(index, "'\(module)' is not imported here, only in \(list(places))")
      }
      guard let wanted = Fences.order.firstIndex(of: module) else {
        return violation(index, "'\(module)' is not imported anywhere")
      }
      guard let own = Fences.order.firstIndex(of: target), wanted < own else {
        return violation(index, "'\(module)' does not stand above '\(target)'")
      }
      return nil
    }
  }

  private func list(_ places: [String]) -> String { places.joined(separator: ", ") }

  // MARK: Words that have a place

  private var fencedWords: [Violation] {
    code.enumerated().flatMap { index, line in
      Patterns.fenced.compactMap { word, pattern, places in
        line.firstMatch(of: pattern) == nil || Fences.allow(path, in: places)
          ? nil : violation(index, "'\(word)' stands only in \(list(places))")
      }
    }
  }

  // MARK: What may stand nowhere

  /// Marks of unfinished work; they stand in comments as a rule.
  private var leftovers: [Violation] {
    lines.enumerated().flatMap { index, line in
      Patterns.leftovers.filter { line.contains($0.1) }
        .map { violation(index, "'\($0.0)' is left") }
    }
  }

  /// Expressions that end the process on data, or that write past the command's output.
  private var endingExpressions: [Violation] {
    code.enumerated().flatMap { index, line in
      Patterns.nowhere.filter { line.contains($0.1) }
        .map { violation(index, "\($0.0) may stand nowhere") }
    }
  }
}

/// What the rules look for in a line.
private enum Patterns {
  typealias Pattern = Regex<Substring>

  static var function: Regex<(Substring, Substring)> {
    /^ *(?:[@\w()]+ +)*(func|init|deinit|subscript)\b/
  }
  static var importLine: Regex<(Substring, Substring)> {
    // Attributes and access before the word, the kind of a single declaration after it.
    /^ *(?:[@\w()]+ +)*?import +(?:[a-z]+ +)?(\w+)/
  }
  static var fenced: [(String, Pattern, [String])] {
    [
      ("unsafe", /\bunsafe\b/, Fences.unsafe),
      ("@unchecked", /@unchecked\b/, Fences.unchecked),
      ("public", /\bpublic\b|\bopen (?:class|func|var)\b/, Fences.isPublic),
      ("Mutex", /\bMutex\b/, Fences.mutex),
    ]
  }
  static var leftovers: [(String, Pattern)] {
    // Written so that this file does not find itself.
    [("TO" + "DO", /\bTO[D]O\b/), ("FIX" + "ME", /\bFIX[M]E\b/)]
  }
  static var nowhere: [(String, Pattern)] {
    [
      ("'try!'", /\btry!/),
      ("'as!'", /\bas!/),
      ("a forced unwrapping", /(?:\b(?!try!|as!)\w+|[)\]}>?])!(?!=)/),
      ("'fatalError'", /\bfatalError\b/),
      ("'print('", /^(?!.*\bfunc print\().*?(?:^|[^.\w])print\(/),
    ]
  }
}
