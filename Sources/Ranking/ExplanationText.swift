import BlockMatrix
import BlockStore

/// Turns explanations into text, with the caller's own ids.
package struct ExplanationText: Sendable {
  private let format: AnswerFormat
  private let ids: PerSide<IdTable>
  /// Ratings that are written for each item.
  private let top: Int
  /// The titles of the items, where there are some.
  private let titles: Titles?
  /// Whether no text in CSV can be a formula; see ``CSVField``.
  package var isSpreadsheetSafe = false

  package init(_ format: AnswerFormat, ids: PerSide<IdTable>, top: Int, titles: Titles? = nil) {
    self.titles = titles
    self.format = format
    self.ids = ids
    self.top = top
  }

  /// What stands before all explanations.
  package var opening: [UInt8] {
    let names =
      ["user", "item", "kind", "rated"] + (titles == nil ? [] : ["title"])
      + ["rating", "weight", "similarity", "part"]
    switch format {
    case .tsv: return Array((names.joined(separator: "\t") + "\n").utf8)
    case .csv: return Array((names.joined(separator: ",") + "\n").utf8)
    case .jsonl: return []
    case .json: return Array("{\"explanations\":[".utf8)
    }
  }

  /// What stands after all explanations.
  package var closing: [UInt8] { format == .json ? Array("]}\n".utf8) : [] }

  /// Writes one explanation.
  ///
  /// - Throws: `.data` where an id cannot be written in this form.
  package func append(
    _ explanation: Explanation, of user: UInt32, isFirst: Bool, to text: inout [UInt8]
  ) throws(Failure) {
    switch format {
    case .json:
      text += (isFirst ? "\n" : ",\n").utf8
      try appendObject(explanation, of: user, to: &text)
    case .jsonl:
      try appendObject(explanation, of: user, to: &text)
      text.append(0x0A)
    case .tsv, .csv:
      for line in lines(of: explanation) {
        appendLine(
          line, ids.user[Int(user)], ids.item[Int(explanation.item)], to: &text)
      }
    }
  }

  // MARK: Lines

  private struct Line {
    let kind: String
    var part: Explanation.Part?
    let value: Double
  }

  private func lines(of explanation: Explanation) -> [Line] {
    let others = explanation.parts.dropFirst(top)
    return (explanation.baseline.map { [Line(kind: "baseline", value: $0)] } ?? [])
      + explanation.parts.prefix(top).map { Line(kind: "rating", part: $0, value: $0.value) }
      + (others.isEmpty ? [] : [Line(kind: "others", value: Self.sum(others))])
      + [Line(kind: "score", value: Double(explanation.score))]
  }

  private static func sum(_ parts: ArraySlice<Explanation.Part>) -> Double {
    parts.reduce(0) { $0 + $1.value }
  }

  private func appendLine(
    _ line: Line, _ user: ArraySlice<UInt8>, _ item: ArraySlice<UInt8>, to text: inout [UInt8]
  ) {
    let separator: UInt8 = format == .tsv ? 0x09 : 0x2C
    func append(_ id: ArraySlice<UInt8>, isSafe: Bool = false) {
      if format == .tsv {
        IdText.appendEscaped(id, to: &text)
      } else {
        CSVField.append(id, isSpreadsheetSafe: isSpreadsheetSafe && !isSafe, to: &text)
      }
      text.append(separator)
    }
    append(user)
    append(item)
    append(Array(line.kind.utf8)[...])
    if let part = line.part {
      append(ids.item[Int(part.item)])
      if let title = titles.map({ $0[Int(part.item)] }) {
        if let title { append(title) } else { text.append(separator) }
      }
      for number in [part.rating, Float(part.weight), Float(part.similarity)] {
        append(Array(number.description.utf8)[...], isSafe: true)
      }
    } else {
      text += [UInt8](repeating: separator, count: titles == nil ? 4 : 5)
    }
    text += "\(Float(line.value))\n".utf8
  }

  // MARK: Objects

  private func appendObject(
    _ explanation: Explanation, of user: UInt32, to text: inout [UInt8]
  ) throws(Failure) {
    text += "{\"user\":".utf8
    try IdText.appendJSON(ids.user[Int(user)], to: &text)
    text += ",\"item\":".utf8
    try IdText.appendJSON(ids.item[Int(explanation.item)], to: &text)
    text += ",\"score\":\(JSONText.score(explanation.score))".utf8
    text += ",\"baseline\":\(JSONText.number(explanation.baseline).text),\"parts\":[".utf8
    for (position, part) in explanation.parts.prefix(top).enumerated() {
      text += (position == 0 ? "{\"rated\":" : ",{\"rated\":").utf8
      try IdText.appendJSON(ids.item[Int(part.item)], to: &text)
      if let titles {
        text += ",\"title\":".utf8
        if let title = titles[Int(part.item)] {
          try IdText.appendJSON(title, to: &text)
        } else {
          text += "null".utf8
        }
      }
      text += ",\"rating\":\(part.rating),\"weight\":\(JSONText.number(part.weight).text)".utf8
      text += ",\"similarity\":\(JSONText.number(part.similarity).text)".utf8
      text += ",\"part\":\(JSONText.number(part.value).text)}".utf8
    }
    let others = explanation.parts.dropFirst(top)
    text += "],\"others\":{\"ratings\":\(others.count)".utf8
    text += ",\"part\":\(JSONText.number(Self.sum(others)).text)}".utf8
    text += ",\"rounding\":\(JSONText.number(explanation.rounding).text)}".utf8
  }
}
