import Testing

/// Each rule finds what is planted for it, and nothing in text or comments.
@Suite struct `A planted violation is found` {
  private func found(_ text: String, at path: String = "Sources/BlockMatrix/A.swift") -> [String] {
    SourceFile(path: path, text: text).violations.map(\.description)
  }

  @Test func `an import of a target that stands below`() {
    #expect(
      found("import BlockStore\n") == [
        "Sources/BlockMatrix/A.swift:1: 'BlockStore' does not stand above 'BlockMatrix'"
      ])
    #expect(found("import BlockMatrix\n", at: "Sources/BlockStore/A.swift") == [])
    #expect(
      found("import BlockStore\n", at: "Sources/RatingInput/A.swift") == [
        "Sources/RatingInput/A.swift:1: 'BlockStore' does not stand above 'RatingInput'"
      ])
  }

  @Test func `an import from outside in the wrong place`() {
    #expect(
      found("\nimport Dispatch\n") == [
        "Sources/BlockMatrix/A.swift:2: 'Dispatch' is not imported anywhere"
      ])
    #expect(found("import Synchronization\n", at: "Sources/Workers/A.swift") == [])
    #expect(
      found("import Foundation\n") == [
        "Sources/BlockMatrix/A.swift:1: 'Foundation' is not imported anywhere"
      ])
    #expect(
      found("import struct Foundation.URL\n") == [
        "Sources/BlockMatrix/A.swift:1: 'Foundation' is not imported anywhere"
      ])
  }

  @Test func `unsafe code outside the files that may have it`() {
    let line = "final class A: @unchecked Sendable { let b = unsafe c }\n"
    let found = found(line, at: "Sources/Training/A.swift")
    #expect(found.count == 2)
    #expect(found.first?.hasPrefix("Sources/Training/A.swift:1: '@unchecked' stands only") == true)
    #expect(found.last?.hasPrefix("Sources/Training/A.swift:1: 'unsafe' stands only in") == true)
    #expect(self.found(line, at: "Sources/BlockMatrix/FactorTable.swift") == [])
  }

  @Test(arguments: [
    ("let a = try! b()", "'try!' may stand nowhere"),
    ("let a = b as! C", "'as!' may stand nowhere"),
    ("let a = b!", "a forced unwrapping may stand nowhere"),
    ("let a = b[0]!.c", "a forced unwrapping may stand nowhere"),
    ("let a = b()!", "a forced unwrapping may stand nowhere"),
    ("let a = \"\\(b!)\"", "a forced unwrapping may stand nowhere"),
    ("  fatalError()", "'fatalError' may stand nowhere"),
    ("  print(a)", "'print(' may stand nowhere"),
    ("public let a = 1", "'public' stands only in Sources/BlockALS/, Sources/BlockALSC/"),
    ("let a = Mutex(1)", "'Mutex' stands only in Sources/Workers/Locked.swift"),
  ])
  func `an expression that has no place here`(line: String, message: String) {
    #expect(found("// why\n\(line)\n") == ["Sources/BlockMatrix/A.swift:2: \(message)"])
  }

  @Test func `unfinished work, in tests too`() {
    let word = "TO" + "DO"
    #expect(
      found("// \(word): later\n", at: "Tests/ATests/A.swift") == [
        "Tests/ATests/A.swift:1: '\(word)' is left"
      ])
  }

  @Test(arguments: [
    "// let a = try! b()",
    "/* b! /* nested! */ as! */",
    "let a = \"public! as! try! print(x) // no comment\"",
    "let a = #\"a \"quoted\"! print(x)\"#",
    "let a = \"\"\"\n  as! print(x) \"one\"!\n  \"\"\"",
    "if a != b, !c { d = !e }",
    "a.print(b)",
    "package func print(_ line: String) {}",
    "let a: Int? = b ?? c",
  ])
  func `nothing is found in`(text: String) {
    #expect(found(text + "\n") == [])
  }

  @Test func `a line, a function and a file that are too long`() {
    #expect(
      found(String(repeating: "a", count: 101) + "\n") == [
        "Sources/BlockMatrix/A.swift:1: the line has 101 columns, 100 at most"
      ])
    #expect(found(String(repeating: "ä", count: 100) + "\n") == [])
    #expect(found(String(repeating: "\n", count: 400)) == [])
    #expect(
      found(String(repeating: "\n", count: 401)) == [
        "Sources/BlockMatrix/A.swift:401: the file has 401 lines, 400 at most"
      ])
    #expect(found(function(bodyLines: 58)) == [])
    #expect(
      found(function(bodyLines: 59)) == [
        "Sources/BlockMatrix/A.swift:5: the function has 61 lines, 60 at most"
      ])
  }

  @Test func `a declaration that nothing uses`() {
    let text = """
      struct A {
        let used = 1, b: B
        func unused() -> Int { used }  // unused
        public func offered() {}
      }
      enum B: String { case written }
      enum C {
        case first(A), second
        case third
      }
      func run(_ c: C) {
        switch c {
        case .first(let a), .third: a.b
        case let other: other
        }
      }

      """
    let file = SourceFile(path: "Sources/A.swift", text: text)
    #expect(
      DeadDeclarations([file]).violations.map(\.description) == [
        "Sources/A.swift:3: nothing uses 'unused'", "Sources/A.swift:8: nothing uses 'second'",
      ])
  }

  /// A type with a requirement, a one-line function and one with so many lines inside.
  private func function(bodyLines: Int) -> String {
    """
    protocol P {
      func required(_ a: Int) -> Int
    }
    struct A {
      package func long() throws(Failure) {
    \(Array(repeating: "    a += 1", count: bodyLines).joined(separator: "\n"))
      }

      func short() -> Int { 1 }
    }

    """
  }
}
