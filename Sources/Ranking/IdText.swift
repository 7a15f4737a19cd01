import BlockMatrix
import BlockStore

/// How ids, which are any bytes, stand in text.
package enum IdText {
  /// For a field of a TSV line, or a line of its own: tabulator, line feed, carriage return and
  /// backslash become `\t`, `\n`, `\r` and `\\`; every other byte stays as it is.
  package static func appendEscaped(_ id: ArraySlice<UInt8>, to text: inout [UInt8]) {
    for byte in id {
      switch byte {
      case 0x09: text += [0x5C, 0x74]
      case 0x0A: text += [0x5C, 0x6E]
      case 0x0D: text += [0x5C, 0x72]
      case 0x5C: text += [0x5C, 0x5C]
      default: text.append(byte)
      }
    }
  }

  /// For a field of CSV (RFC 4180): in quotes where it has a comma, a quote, a line end or a space
  /// at an end, or is empty; a quote inside is doubled.
  ///
  /// Every other byte stays as it is.
  ///
  /// - Parameter isSpreadsheetSafe: Whether an apostrophe is put before what a spreadsheet would
  ///   take for a formula: text that begins with `=`, `+`, `-`, `@`, or with a space of any kind
  ///   that may stand before one of these.
  package static func appendQuoted(
    _ id: ArraySlice<UInt8>, isSpreadsheetSafe: Bool = false, to text: inout [UInt8]
  ) {
    if isSpreadsheetSafe, let first = id.first,
      [0x3D, 0x2B, 0x2D, 0x40, 0x09, 0x0A, 0x0D, 0x20].contains(first)
    {
      return appendQuoted([0x27] + id, to: &text)
    }
    let needsQuotes =
      id.isEmpty || id.first == 0x20 || id.last == 0x20
      || id.contains { [0x2C, 0x22, 0x0A, 0x0D].contains($0) }
    guard needsQuotes else { return text += id }
    text.append(0x22)
    for byte in id {
      if byte == 0x22 { text.append(0x22) }
      text.append(byte)
    }
    text.append(0x22)
  }

  /// For JSON: a string.
  ///
  /// - Throws: `.data` naming an id that is no UTF-8, which JSON cannot hold.
  package static func appendJSON(_ id: ArraySlice<UInt8>, to text: inout [UInt8]) throws(Failure) {
    if id.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) {
      text.append(0x22)
      text += id
      text.append(0x22)
      return
    }
    guard let string = String(validating: id, as: UTF8.self) else {
      throw Failure(
        .data, at: "id \"\(printable(id))\"", "is no UTF-8, and JSON has no other text",
        hint: "use --format tsv or csv, which keep any bytes")
    }
    text += JSONText.string(string).text.utf8
  }
}
