import BlockMatrix
import BlockStore
import Workers

/// The scores of given pairs of users and items, in the order in which they are given.
package struct PairScores: Sendable {
  /// A pair's score; `nil` where there is nothing to go by.
  package struct Score: Sendable, Equatable {
    package let value: Float?
    /// Whether the model knows both ids.
    package let isKnown: Bool
  }

  /// The ids that pairs refer to.
  package let ids: PerSide<IdTable>
  private let users: [UInt32]
  private let items: [UInt32]
  /// The place of each id's row in the predictor's tables; `nil` where the model has none.
  private let places: PerSide<[Int?]>
  private let predictor: Predictor

  package var count: Int { users.count }

  /// Reads the rows of the users and items that occur.
  ///
  /// - Parameters:
  ///   - users: For each pair the user's place in `ids`.
  ///   - items: For each pair the item's.
  /// - Complexity: O(ids · rank).
  package init(
    _ model: FactorModel, ids: PerSide<IdTable>, users: [UInt32], items: [UInt32], workers: Int
  ) throws(Failure) {
    precondition(users.count == items.count)
    self.ids = ids
    self.users = users
    self.items = items
    var tables = PerSide<FactorTable?>(user: nil, item: nil)
    var places = PerSide<[Int?]>(user: [], item: [])
    for side in Side.allCases {
      let indices = ids[side].indices(in: model.ids[side])
      let wanted = indices.compactMap(\.self).sorted()
      places[side] = indices.map { index in index.flatMap { wanted.firstPlace(sorted: $0) } }
      tables[side] = try model.rows[side].table(of: wanted, workers: workers)
    }
    self.places = places
    guard let userTable = tables.user, let itemTable = tables.item else {
      throw Failure(.bug, "a side has no table")
    }
    predictor = Predictor(model, users: userTable, items: itemTable)
  }

  /// The pair at a position, as places in ``ids``.
  package func pair(_ position: Int) -> PerSide<Int> {
    PerSide(user: Int(users[position]), item: Int(items[position]))
  }

  /// The score of the pair at a position.
  ///
  /// With biases an unknown id is predicted from what is known of the other, as in ``Accuracy``.
  package func score(_ position: Int) -> Score {
    let pair = pair(position)
    let (user, item) = (places.user[pair.user], places.item[pair.item])
    return Score(
      value: predictor.predict(user: user, item: item), isKnown: user != nil && item != nil)
  }
}

/// Turns the scores of pairs into text, with the caller's own ids.
package struct PairText: Sendable {
  package let format: AnswerFormat
  /// Whether no text in CSV can be a formula; see ``CSVField``.
  private let isSpreadsheetSafe: Bool

  package init(_ format: AnswerFormat, isSpreadsheetSafe: Bool = false) {
    self.format = format
    self.isSpreadsheetSafe = isSpreadsheetSafe
  }

  /// What stands before all pairs.
  package var opening: [UInt8] {
    switch format {
    case .tsv: Array("user\titem\tscore\n".utf8)
    case .csv: Array("user,item,score\n".utf8)
    case .jsonl: []
    case .json: Array("{\"predictions\":[".utf8)
    }
  }

  /// What stands after all pairs.
  ///
  /// - Parameter counts: Members of the JSON object besides the pairs.
  package func closing(_ counts: [(String, JSONText)]) -> [UInt8] {
    guard format == .json else { return [] }
    let members = counts.map { ",\"\($0.0)\":\($0.1.text)" }
    return Array("]\(members.joined())}\n".utf8)
  }

  /// Writes one pair; a score that is `nil` is an empty field, or null.
  ///
  /// - Throws: `.data` where an id cannot be written in this form.
  package func append(
    _ user: ArraySlice<UInt8>, _ item: ArraySlice<UInt8>, _ score: Float?, isFirst: Bool,
    to text: inout [UInt8]
  ) throws(Failure) {
    switch format {
    case .tsv:
      IdText.appendEscaped(user, to: &text)
      text.append(0x09)
      IdText.appendEscaped(item, to: &text)
      text += "\t\(score.map(\.description) ?? "")\n".utf8
    case .csv:
      CSVField.append(user, isSpreadsheetSafe: isSpreadsheetSafe, to: &text)
      text.append(0x2C)
      CSVField.append(item, isSpreadsheetSafe: isSpreadsheetSafe, to: &text)
      text += ",\(score.map(\.description) ?? "")\n".utf8
    case .jsonl, .json:
      if format == .json { text += (isFirst ? "\n" : ",\n").utf8 }
      text += "{\"user\":".utf8
      try IdText.appendJSON(user, to: &text)
      text += ",\"item\":".utf8
      try IdText.appendJSON(item, to: &text)
      text += ",\"score\":\(JSONText.score(score))}".utf8
      if format == .jsonl { text.append(0x0A) }
    }
  }
}

extension JSONText {
  /// A score as JSON has it: null where there is none, or where it overflowed.
  static func score(_ score: Float?) -> String {
    score.map { digits($0) } ?? "null"
  }
}
