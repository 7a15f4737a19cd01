import BlockMatrix

/// A JSON value that is written as it was put together: keys keep their order.
package enum JSONText: Sendable, Equatable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array([JSONText])
  case object([(String, JSONText)])

  package static func == (left: JSONText, right: JSONText) -> Bool { left.text == right.text }

  /// A number, or null where there is none or it has no JSON form.
  package static func number(_ value: Double?) -> JSONText {
    guard let value, value.isFinite else { return .null }
    return .double(value)
  }

  /// A duration, to the microsecond: what follows is no measurement.
  package static func seconds(_ value: Double) -> JSONText {
    .number((value * 1e6).rounded() / 1e6)
  }

  /// An object of names and what they are.
  package static func words(_ pairs: [(name: String, value: String)]) -> JSONText {
    .object(pairs.map { ($0.name, .string($0.value)) })
  }

  /// What is said of each of many.
  package static func list<Element>(
    _ elements: [Element], _ text: (Element) -> JSONText
  ) -> JSONText {
    .array(elements.map(text))
  }

  /// An id for people to read: itself where it is UTF-8.
  ///
  /// JSON has no other text, so that of other bytes the printable form is all there is.
  package static func id(_ bytes: ArraySlice<UInt8>) -> JSONText {
    .string(String(validating: bytes, as: UTF8.self) ?? printable(bytes, limit: .max))
  }

  /// The value on one line; numbers have the fewest digits that read back as the same number.
  package var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .int(let value): String(value)
    case .double(let value): Self.digits(value)
    case .string(let value): Self.quote(value)
    case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { Self.quote($0.0) + ":" + $0.1.text }.joined(separator: ",") + "}"
    }
  }

  /// The fewest digits that read back as the same number; JSON has no others than finite ones.
  package static func digits(_ value: some BinaryFloatingPoint & CustomStringConvertible) -> String
  {
    value.isFinite ? value.description : "null"
  }

  private static func quote(_ string: String) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      // Controls have to be escaped, and those above ASCII steer a terminal too; JSON takes all
      // other UTF-8 as it is.
      case "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}

extension JSONText: ExpressibleByDictionaryLiteral {
  /// Members in the order in which they are written.
  package init(dictionaryLiteral members: (String, JSONText)...) { self = .object(members) }
}
