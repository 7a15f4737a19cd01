import BlockMatrix

/// Finds user, item and rating among the fields of a file's first record.
struct ColumnFinder {
  struct Columns: Equatable {
    var user: Int
    var item: Int
    var rating: Int?
    var time: Int?
    var hasHeader: Bool
  }

  private let fields: [[UInt8]]
  private let source: RatingSource
  private let separation: Separation
  /// Of the record, for messages.
  private let place: String
  private let roles: [FieldNames.Role?]

  init(_ fields: [[UInt8]], source: RatingSource, separation: Separation, place: String) {
    self.fields = fields
    self.source = source
    self.separation = separation
    self.place = place
    // A column of times is one like any other where none are read.
    roles = fields.map { field in
      let role = FieldNames.role(field)
      return role == .time && source.times == nil ? nil : role
    }
  }

  private var neededCount: Int { source.valueFieldCount + (source.times == nil ? 0 : 1) }

  /// What a rating takes, its time not counted.
  private var valueNames: [String] { ["user", "item"] + (source.withoutRating ? [] : ["rating"]) }

  private static func listed(_ names: [String]) -> String {
    names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
  }

  /// What only says that the record has too few fields, or not those that are named: another line
  /// may have them.
  var misfit: Failure? {
    guard let choices = source.columns else {
      return fields.count >= neededCount ? nil : tooFewFields()
    }
    guard (try? checkNames(choices)) != nil else { return nil }
    for choice in choices {
      switch choice {
      case .number(let number):
        guard number > fields.count else { continue }
        return Failure(
          .data, at: place,
          "there is no column \(number): the line has \(fields.count) field"
            + (fields.count == 1 ? "" : "s"),
          hint: "check --columns and --format")
      case .name(let name):
        guard !fields.contains(name) else { continue }
        return Failure(
          .data, at: place,
          "no column is named \"\(printable(name))\"; the header is \"\(printable(header))\"",
          hint: Self.nameHint)
      }
    }
    return nil
  }

  private static let nameHint = "check --columns; columns can also be given by number, from 1"

  /// - Precondition: ``misfit`` is nil.
  /// - Throws: `.data` where a column cannot be told; `.usage` where the settings contradict each
  ///   other.
  func find() throws(Failure) -> Columns {
    if let choices = source.columns {
      guard source.times == nil || source.namesTimes else {
        throw Failure(
          .usage, setting: "columns", "times are needed, but their column is not named",
          hint: "name it behind the others: \((valueNames + ["time"]).joined(separator: ","))")
      }
      return try chosen(choices)
    }
    let hasHeader = source.hasHeader ?? looksLikeHeader(ratingField: 2)
    guard hasHeader else { return columns([0, 1, 2], time: usualTime, hasHeader: false) }
    return columns(try recognised(), time: try recognisedTime(), hasHeader: true)
  }

  private func columns(_ numbers: [Int], time: Int?, hasHeader: Bool) -> Columns {
    Columns(
      user: numbers[0], item: numbers[1], rating: source.withoutRating ? nil : numbers[2],
      time: source.times == nil ? nil : time, hasHeader: hasHeader)
  }

  /// Behind the ratings, as in MovieLens; the last of three where there are none.
  private var usualTime: Int { min(3, fields.count - 1) }

  private func recognisedTime() throws(Failure) -> Int? {
    guard source.times != nil else { return nil }
    let found = roles.indices.filter { roles[$0] == .time }
    if found.count == 1 { return found[0] }
    if found.isEmpty, roles[usualTime] == nil { return usualTime }
    throw Failure(
      .data, at: place,
      "the header \"\(printable(header))\" does not tell which column is the time",
      hint: "choose it with --columns, behind \(valueNames.joined(separator: ","))")
  }

  /// A header names both sides, or has a name where a rating should stand.
  private func looksLikeHeader(ratingField: Int?) -> Bool {
    if roles.contains(.user), roles.contains(.item) { return true }
    guard !source.withoutRating, let ratingField, ratingField < fields.count else { return false }
    return FieldNames.looksLikeName(fields[ratingField])
  }

  private func recognised() throws(Failure) -> [Int] {
    let wanted: [FieldNames.Role] =
      source.withoutRating ? [.user, .item] : [.user, .item, .rating]
    let found = wanted.map { role in roles.indices.filter { roles[$0] == role } }
    if found.allSatisfy({ $0.count == 1 }) { return found.map { $0[0] } + [0] }
    // Names that say nothing are no obstacle; names that say something else are.
    let isInOrder = wanted.indices.allSatisfy { roles[$0] == nil || roles[$0] == wanted[$0] }
    let isElsewhere = roles.indices.dropFirst(wanted.count).contains { index in
      roles[index].map(wanted.contains) ?? false
    }
    if isInOrder, !isElsewhere { return [0, 1, 2] }
    throw Failure(
      .data, at: place,
      "the header \"\(printable(header))\" does not tell which columns are "
        + Self.listed(valueNames),
      hint: "choose them with --columns, by name or by number from 1")
  }

  private var header: [UInt8] { Array(fields.joined(separator: [UInt8(ascii: ",")])) }

  private func checkNames(_ choices: [ColumnChoice]) throws(Failure) {
    guard !Self.hasNames(choices) || source.hasHeader != false else {
      throw Failure(
        .usage, setting: "columns", "columns can be named only where the first line is a header",
        hint: "give their numbers, from 1")
    }
  }

  private static func hasNames(_ choices: [ColumnChoice]) -> Bool {
    choices.contains { if case .name = $0 { true } else { false } }
  }

  private func chosen(_ choices: [ColumnChoice]) throws(Failure) -> Columns {
    try checkNames(choices)
    var numbers: [Int] = []
    for choice in choices { numbers.append(try field(choice)) }
    // A name and a number may mean the same column, which only the header tells.
    guard Set(numbers).count == numbers.count else {
      throw Failure(.data, at: place, "the columns lead to one column twice")
    }
    let hasHeader =
      source.hasHeader
      ?? (Self.hasNames(choices)
        || looksLikeHeader(ratingField: source.withoutRating ? nil : numbers[2]))
    return columns(numbers, time: numbers.last, hasHeader: hasHeader)
  }

  private func field(_ choice: ColumnChoice) throws(Failure) -> Int {
    switch choice {
    case .number(let number): return number - 1
    case .name(let name):
      let matches = fields.indices.filter { fields[$0] == name }
      // Of two columns with one name, neither is meant more than the other.
      guard let match = matches.first, matches.count == 1 else {
        throw Failure(
          .data, at: place, "\(matches.count) columns are named \"\(printable(name))\"",
          hint: Self.nameHint)
      }
      return match
    }
  }

  /// What fields stand between that are not cut, where it is not what the format says.
  private var otherSeparation: Separation? {
    let other = Separation(of: header[...], needed: neededCount)
    return source.format == .auto || other == separation || other == Separation(format: .csv)
      ? nil : other
  }

  private func tooFewFields() -> Failure {
    if let otherSeparation {
      return Failure(
        .data, at: place, "the line's fields stand between \(otherSeparation.name)",
        hint: "leave --format and --delimiter out, and that is found out")
    }
    return Failure(
      .data, at: place,
      "the line has \(fields.count) field\(fields.count == 1 ? "" : "s") between "
        + "\(separation.name), but "
        + Self.listed(valueNames + (source.times == nil ? [] : ["time"])) + " are needed",
      hint: fields.count == 2 && source.times == nil
        ? "give --no-rating where each line counts as a rating of 1"
        : "say with --format or --delimiter how fields are separated")
  }
}
