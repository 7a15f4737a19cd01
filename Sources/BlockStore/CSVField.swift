/// Fields of CSV after RFC 4180.
package enum CSVField {
  /// Appends a field: in quotes where it has a comma, a quote, a line end or a space at an end, or
  /// is empty; a quote inside is doubled, and every other byte stays as it is.
  ///
  /// - Parameter isSpreadsheetSafe: Whether an apostrophe is put before what a spreadsheet would
  ///   take for a formula: text that begins with `=`, `+`, `-`, `@`, or with a space of any kind
  ///   that may stand before one of these.
  package static func append(
    _ field: some BidirectionalCollection<UInt8>, isSpreadsheetSafe: Bool = false,
    to text: inout [UInt8]
  ) {
    if isSpreadsheetSafe, let first = field.first,
      [0x3D, 0x2B, 0x2D, 0x40, 0x09, 0x0A, 0x0D, 0x20].contains(first)
    {
      return append([0x27] + Array(field), to: &text)
    }
    // Some readers trim spaces, and some take an empty field for a missing one.
    let needsQuotes =
      field.isEmpty || field.first == 0x20 || field.last == 0x20
      || field.contains { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
    guard needsQuotes else { return text += field }
    text.append(0x22)
    for byte in field {
      if byte == 0x22 { text.append(0x22) }
      text.append(byte)
    }
    text.append(0x22)
  }
}
