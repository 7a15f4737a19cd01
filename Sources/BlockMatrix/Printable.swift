/// Makes bytes from outside fit to print, between quotes and in one line.
///
/// UTF-8 that can be seen stays as it is. What cannot be seen (controls, marks that turn or hide
/// text, what Unicode has no character for) and what is no UTF-8 is escaped byte by byte, as
/// `\x1b`; quotes and backslashes get a backslash.
///
/// - Parameter limit: Characters, escaped ones counted once; what follows is cut off for `…`.
package func printable(_ bytes: some Sequence<UInt8>, limit: Int = 80) -> String {
  let bytes = Array(bytes)
  var rest = bytes.makeIterator()
  var parser = Unicode.UTF8.ForwardParser()
  var text = ""
  var count = 0
  var position = 0
  while position < bytes.count {
    guard count < limit else { return text + "…" }
    switch parser.parseScalar(from: &rest) {
    case .valid(let encoded):
      append(Unicode.UTF8.decode(encoded), to: &text)
      position += encoded.count
      count += 1
    case .error(let length):
      for byte in bytes[position..<position + length] { text += escape(byte) }
      position += length
      count += length
    case .emptyInput: return text
    }
  }
  return text
}

/// Text of ours that may hold text from outside, as names of files, fit for a terminal.
///
/// What cannot be seen is escaped as ``printable(_:limit:)`` does; line ends and tabulators stay,
/// and so do quotes and backslashes.
package func visible(_ text: String) -> String {
  guard !text.unicodeScalars.allSatisfy(isHarmless) else { return text }
  var visible = ""
  for scalar in text.unicodeScalars {
    if isHarmless(scalar) {
      visible.unicodeScalars.append(scalar)
    } else {
      for byte in Unicode.UTF8.encode(scalar) ?? .init() { visible += escape(byte) }
    }
  }
  return visible
}

private func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
  scalar == "\n" || scalar == "\t" || isVisible(scalar)
}

private func append(_ scalar: Unicode.Scalar, to text: inout String) {
  switch scalar {
  case "\"": text += "\\\""
  case "\\": text += "\\\\"
  case _ where isVisible(scalar): text.unicodeScalars.append(scalar)
  default: for byte in Unicode.UTF8.encode(scalar) ?? .init() { text += escape(byte) }
  }
}

private func isVisible(_ scalar: Unicode.Scalar) -> Bool {
  if scalar.isASCII { return scalar.value >= 0x20 && scalar.value < 0x7F }
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
    return false
  default: return true
  }
}

private func escape(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16)
  return "\\x" + (digits.utf8.count == 1 ? "0" : "") + digits
}
