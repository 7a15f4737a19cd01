/// Fields of CSV after RFC 4180.
package enum CSVField {
  /// Appends a field: in quotes where it has a comma, a quote, a line end or a space at an end, or
  /// is empty; a quote inside is doubled, and every other byte stays as it is.
  package static func append(_ field: some BidirectionalCollection<UInt8>, to text: inout [UInt8]) {
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
