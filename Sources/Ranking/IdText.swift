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
