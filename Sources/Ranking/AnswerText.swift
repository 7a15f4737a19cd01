import BlockMatrix

/// The forms in which rankings are written.
package enum AnswerFormat: String, Sendable, CaseIterable {
  /// A header, then a line for each place of each ranking; see ``IdText``.
  case tsv, csv
  /// An object on a line for each place of each ranking.
  case jsonl
  /// One object with everything.
  case json
}

/// Turns rankings into text, with the caller's own ids.
///
/// Scores have the fewest digits that read back as the same 32-bit float.
package struct AnswerText: Sendable {
  package let format: AnswerFormat
  /// What the columns are called.
  let subject: String
  let object: String
  let score: String
  /// The ids of the ranked rows.
  let objects: IdTable
  /// Whether no id in CSV can be a formula; see ``IdText``.
  package var isSpreadsheetSafe = false

  /// Text of columns `user, item, rank, score`.
  package static func recommendations(_ format: AnswerFormat, items: IdTable) -> AnswerText {
    AnswerText(format: format, subject: "user", object: "item", score: "score", objects: items)
  }

  /// Text of columns `item, neighbour, rank, cosine`, or with `user`.
  package static func neighbours(
    _ format: AnswerFormat, of side: Side, ids: IdTable
  ) -> AnswerText {
    AnswerText(
      format: format, subject: side.rawValue, object: "neighbour", score: "cosine", objects: ids)
  }

  /// What stands before all rankings.
  package var opening: [UInt8] {
    switch format {
    case .tsv: Array("\(subject)\t\(object)\trank\t\(score)\n".utf8)
    case .csv: Array("\(subject),\(object),rank,\(score)\n".utf8)
    case .jsonl: []
    case .json: Array("{\"rankings\":[".utf8)
    }
  }

  /// What stands after all rankings.
  package var closing: [UInt8] { format == .json ? Array("]}\n".utf8) : [] }

  /// Writes one ranking.
  ///
  /// - Parameters:
  ///   - position: Which of all rankings it is; only 0 is special.
  ///   - id: The id of whom the ranking is for.
  /// - Throws: `.data` where an id cannot be written in this form.
  package func append(
    _ ranking: [Candidate], position: Int, of id: ArraySlice<UInt8>, to text: inout [UInt8]
  ) throws(Failure) {
    guard format != .json else {
      return try appendObject(ranking, position: position, of: id, to: &text)
    }
    for (place, candidate) in ranking.enumerated() {
      let object = objects[Int(candidate.index)]
      switch format {
      case .tsv:
        IdText.appendEscaped(id, to: &text)
        text.append(0x09)
        IdText.appendEscaped(object, to: &text)
        text += "\t\(place + 1)\t\(candidate.score)\n".utf8
      case .csv:
        IdText.appendQuoted(id, isSpreadsheetSafe: isSpreadsheetSafe, to: &text)
        text.append(0x2C)
        IdText.appendQuoted(object, isSpreadsheetSafe: isSpreadsheetSafe, to: &text)
        text += ",\(place + 1),\(candidate.score)\n".utf8
      case .jsonl, .json:
        text += "{\"\(subject)\":".utf8
        try IdText.appendJSON(id, to: &text)
        text.append(0x2C)
        try appendPlace(place, candidate, to: &text)
        text.append(0x0A)
      }
    }
  }

  private func appendObject(
    _ ranking: [Candidate], position: Int, of id: ArraySlice<UInt8>, to text: inout [UInt8]
  ) throws(Failure) {
    text += (position == 0 ? "\n{" : ",\n{").utf8
    text += "\"\(subject)\":".utf8
    try IdText.appendJSON(id, to: &text)
    text += ",\"\(object)s\":[".utf8
    for (place, candidate) in ranking.enumerated() {
      text += (place == 0 ? "{" : ",{").utf8
      try appendPlace(place, candidate, to: &text)
    }
    text += "]}".utf8
  }

  /// The members of one place, and the closing brace.
  private func appendPlace(
    _ place: Int, _ candidate: Candidate, to text: inout [UInt8]
  ) throws(Failure) {
    text += "\"\(object)\":".utf8
    try IdText.appendJSON(objects[Int(candidate.index)], to: &text)
    // A score that overflowed is no number in JSON.
    let score = candidate.score.isFinite ? candidate.score.description : "null"
    text += ",\"rank\":\(place + 1),\"\(self.score)\":\(score)}".utf8
  }
}
