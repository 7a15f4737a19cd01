import BlockMatrix
import Testing

@Suite struct `What is printed of bytes from outside` {
  @Test(arguments: [
    ("Casablanca", "Casablanca"), ("zoë 日本 🎬 é", "zoë 日本 🎬 é"),
    ("a\"b\\c", #"a\"b\\c"#), ("\u{1B}[31m\n\t\u{7F}", #"\x1b[31m\x0a\x09\x7f"#),
    ("\u{85}", #"\xc2\x85"#), ("a\u{202E}b\u{2028}", #"a\xe2\x80\xaeb\xe2\x80\xa8"#),
    ("\u{200B}\u{E000}\u{FFFF}", #"\xe2\x80\x8b\xee\x80\x80\xef\xbf\xbf"#),
  ])
  func `is UTF-8 that can be seen, all else escaped`(text: String, expected: String) {
    #expect(printable(text.utf8) == expected)
  }

  @Test(
    arguments: [
      ([0x61, 0xFF, 0x62], #"a\xffb"#), ([0xC3], #"\xc3"#), ([0x61, 0xE2, 0x82], #"a\xe2\x82"#),
      ([0xE2, 0x82, 0xC3, 0xAB], #"\xe2\x82ë"#), ([0xED, 0xA0, 0x80], #"\xed\xa0\x80"#),
      ([0xC0, 0x80, 0xF5], #"\xc0\x80\xf5"#), ([], ""),
    ] as [([UInt8], String)])
  func `is each byte where it is no UTF-8`(bytes: [UInt8], expected: String) {
    #expect(printable(bytes) == expected)
  }

  @Test func `is cut after 80 characters`() {
    let word = String(repeating: "ë", count: 80)
    #expect(printable(word.utf8) == word)
    #expect(printable((word + "x").utf8) == word + "…")
    #expect(printable((word + "x").utf8, limit: .max) == word + "x")
    #expect(printable(Array(repeating: 0, count: 81)).hasSuffix(#"\x00…"#))
  }

  @Test(arguments: [
    ("a \"b\"\\c\n\td", "a \"b\"\\c\n\td"), ("zoë 日本 🎬", "zoë 日本 🎬"),
    ("\u{1B}]0;x\u{7}y\r", #"\x1b]0;x\x07y\x0d"#),
    ("\u{9B}31m\u{202E}", #"\xc2\x9b31m\xe2\x80\xae"#),
  ])
  func `steers no terminal in text of ours`(text: String, expected: String) {
    #expect(visible(text) == expected)
  }
}
