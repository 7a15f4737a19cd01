import BlockMatrix
import BlockStore

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
  /// The ids of those that rankings are for.
  let subjects: IdTable
  /// The ids of the ranked rows.
  let objects: IdTable
  /// Whether no text in CSV can be a formula; see ``CSVField``.
  package var isSpreadsheetSafe = false
  /// The titles of the items, by index, where there are some.
  var titles: Titles?
  /// Whether the titles are those of the ranked rows.
  var titlesObjects = true
  /// What scores are kept within; `nil` where they are as they are.
  var scale: ClosedRange<Float>?
  /// The partition whose ratings are kept out; `nil` where none are.
  var excluded: String?

  /// Text of columns `user, item, rank, score`, or `item, user, rank, score`.
  ///
  /// - Parameters:
  ///   - side: Whom rankings are for.
  ///   - scale: What scores are kept within.
  ///   - excluded: The partition whose ratings are kept out of the rankings.
  package static func recommendations(
    _ format: AnswerFormat, for side: Side = .user, ids: PerSide<IdTable>, titles: Titles? = nil,
    scale: ClosedRange<Float>? = nil, excluded: String? = nil
  ) -> AnswerText {
    AnswerText(
      format: format, subject: side.rawValue, object: side.opposite.rawValue, score: "score",
      subjects: ids[side], objects: ids[side.opposite], titles: titles,
      titlesObjects: side == .user, scale: scale, excluded: excluded)
  }

  /// Text of columns `item, neighbour, rank, cosine`, or with `user`.
  ///
  /// - Parameters:
  ///   - subjects: The ids of those whose neighbours are ranked.
  ///   - ids: The ids of the neighbours.
  package static func neighbours(
    _ format: AnswerFormat, of side: Side, _ subjects: IdTable, ids: IdTable,
    titles: Titles? = nil
  ) -> AnswerText {
    AnswerText(
      format: format, subject: side.rawValue, object: "neighbour", score: "cosine",
      subjects: subjects, objects: ids, titles: titles)
  }

  private var columns: [String] {
    let title = titles == nil ? [] : ["title"]
    return [subject] + (titlesObjects ? [] : title) + [object] + (titlesObjects ? title : [])
      + ["rank", score]
  }

  /// What stands before all rankings.
  package var opening: [UInt8] {
    switch format {
    case .tsv: Array((columns.joined(separator: "\t") + "\n").utf8)
    case .csv: Array((columns.joined(separator: ",") + "\n").utf8)
    case .jsonl: []
    case .json:
      Array(
        (excluded.map { "{\"excluded\":\(JSONText.string($0).text),\"rankings\":[" }
          ?? "{\"rankings\":[").utf8)
    }
  }

  /// What stands after all rankings.
  package var closing: [UInt8] { format == .json ? Array("]}\n".utf8) : [] }

  /// Writes one ranking.
  ///
  /// - Parameters:
  ///   - position: Which of all rankings it is; only 0 is special.
  ///   - index: Whom the ranking is for.
  /// - Throws: `.data` where an id cannot be written in this form.
  package func append(
    _ ranking: [Candidate], position: Int, of index: UInt32, to text: inout [UInt8]
  ) throws(Failure) {
    switch format {
    case .json: try appendObject(ranking, position: position, of: index, to: &text)
    case .jsonl:
      for (place, candidate) in ranking.enumerated() {
        text.append(0x7B)
        try appendSubject(index, to: &text)
        text.append(0x2C)
        try appendPlace(place, candidate, to: &text)
        text.append(0x0A)
      }
    case .tsv, .csv:
      for (place, candidate) in ranking.enumerated() {
        appendLine(place, candidate, of: index, to: &text)
      }
    }
  }

  /// The score as it is written.
  private func shown(_ score: Float) -> Float {
    scale.map { min(max(score, $0.lowerBound), $0.upperBound) } ?? score
  }

  private func appendLine(
    _ place: Int, _ candidate: Candidate, of index: UInt32, to text: inout [UInt8]
  ) {
    let separator: UInt8 = format == .tsv ? 0x09 : 0x2C
    func append(_ field: ArraySlice<UInt8>) {
      if format == .tsv {
        IdText.appendEscaped(field, to: &text)
      } else {
        CSVField.append(field, isSpreadsheetSafe: isSpreadsheetSafe, to: &text)
      }
      text.append(separator)
    }
    func appendTitle(_ item: UInt32) {
      guard let titles else { return }
      // A title that is not there is an empty field, without quotes.
      if let title = titles[Int(item)] { append(title) } else { text.append(separator) }
    }
    append(subjects[Int(index)])
    if !titlesObjects { appendTitle(index) }
    append(objects[Int(candidate.index)])
    if titlesObjects { appendTitle(candidate.index) }
    text += "\(place + 1)".utf8
    text.append(separator)
    text += "\(shown(candidate.score))\n".utf8
  }

  private func appendObject(
    _ ranking: [Candidate], position: Int, of index: UInt32, to text: inout [UInt8]
  ) throws(Failure) {
    text += (position == 0 ? "\n{" : ",\n{").utf8
    try appendSubject(index, to: &text)
    text += ",\"\(object)s\":[".utf8
    for (place, candidate) in ranking.enumerated() {
      text += (place == 0 ? "{" : ",{").utf8
      try appendPlace(place, candidate, to: &text)
    }
    text += "]}".utf8
  }

  private func appendSubject(_ index: UInt32, to text: inout [UInt8]) throws(Failure) {
    text += "\"\(subject)\":".utf8
    try IdText.appendJSON(subjects[Int(index)], to: &text)
    if !titlesObjects { try appendTitle(index, to: &text) }
  }

  private func appendTitle(_ index: UInt32, to text: inout [UInt8]) throws(Failure) {
    guard let titles else { return }
    text += ",\"title\":".utf8
    if let title = titles[Int(index)] {
      try IdText.appendJSON(title, to: &text)
    } else {
      text += "null".utf8
    }
  }

  /// The members of one place, and the closing brace.
  private func appendPlace(
    _ place: Int, _ candidate: Candidate, to text: inout [UInt8]
  ) throws(Failure) {
    text += "\"\(object)\":".utf8
    try IdText.appendJSON(objects[Int(candidate.index)], to: &text)
    if titlesObjects { try appendTitle(candidate.index, to: &text) }
    text +=
      ",\"rank\":\(place + 1),\"\(self.score)\":\(JSONText.score(shown(candidate.score)))}".utf8
  }
}
