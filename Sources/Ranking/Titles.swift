import BlockMatrix

/// What items are called, by their index.
package struct Titles: Sendable {
  private let titles: [ArraySlice<UInt8>?]

  /// The title of an item; `nil` where the text has none.
  package subscript(index: Int) -> ArraySlice<UInt8>? { titles[index] }

  /// Reads lines of an id, a title, and whatever follows.
  ///
  /// Fields stand between tabs, `::`, `|`, semicolons or commas, whichever the first line has, in
  /// this order; between commas or semicolons they may be quoted (RFC 4180). Titles are UTF-8;
  /// those that are not are taken for ISO 8859-1. Of two lines with one id the first counts.
  package init(_ text: [UInt8], ids: IdTable) {
    let lookup = IdLookup(ids)
    var titles = [ArraySlice<UInt8>?](repeating: nil, count: ids.count)
    var records = Records(text)
    while let (id, title) = records.next() {
      // A header is an id that no item has.
      guard let index = lookup.index(of: id), titles[index] == nil else { continue }
      titles[index] = Self.utf8(title)
    }
    self.titles = titles
  }

  /// The same text in UTF-8.
  private static func utf8(_ title: [UInt8]) -> ArraySlice<UInt8> {
    if String(validating: title, as: UTF8.self) != nil { return title[...] }
    // ISO 8859-1 is the first 256 characters of Unicode.
    return Array(String(String.UnicodeScalarView(title.map { Unicode.Scalar($0) })).utf8)[...]
  }

  /// The first two fields of each line.
  private struct Records {
    private let text: [UInt8]
    private let separator: [UInt8]
    private let isQuoted: Bool
    private var position: Int

    init(_ text: [UInt8]) {
      self.text = text
      position = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
      let first = text.prefix { $0 != 0x0A }
      let isMovieLens = zip(first, first.dropFirst()).contains { $0 == 0x3A && $1 == 0x3A }
      if first.contains(0x09) {
        separator = [0x09]
      } else if isMovieLens {
        separator = [0x3A, 0x3A]
      } else if let single = [0x7C, 0x3B].first(where: { first.contains($0) }) {
        separator = [single]
      } else {
        separator = [0x2C]
      }
      isQuoted = separator == [0x2C] || separator == [0x3B]
    }

    /// `nil` at the end; lines without a second field are passed over.
    mutating func next() -> (id: [UInt8], title: [UInt8])? {
      while position < text.count {
        let (id, endsLine) = field()
        guard !endsLine else { continue }
        let (title, isLast) = field()
        if !isLast { skipLine() }
        return (id, title)
      }
      return nil
    }

    /// Reads a field and what ends it.
    private mutating func field() -> (bytes: [UInt8], endsLine: Bool) {
      var bytes: [UInt8] = []
      if isQuoted, position < text.count, text[position] == 0x22 { bytes = quoted() }
      while position < text.count {
        if text[position] == 0x0A {
          position += 1
          if bytes.last == 0x0D { bytes.removeLast() }
          return (bytes, true)
        }
        if text[position...].starts(with: separator) {
          position += separator.count
          return (bytes, false)
        }
        bytes.append(text[position])
        position += 1
      }
      return (bytes, true)
    }

    /// Reads what stands between quotes, a doubled one for each inside.
    private mutating func quoted() -> [UInt8] {
      var bytes: [UInt8] = []
      position += 1
      while position < text.count {
        if text[position] == 0x22 {
          position += 1
          guard position < text.count, text[position] == 0x22 else { break }
        }
        bytes.append(text[position])
        position += 1
      }
      return bytes
    }

    private mutating func skipLine() {
      var isInQuotes = false
      while position < text.count, isInQuotes || text[position] != 0x0A {
        if isQuoted, text[position] == 0x22 { isInQuotes.toggle() }
        position += 1
      }
      position += 1
    }
  }
}
