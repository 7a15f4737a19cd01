import BlockMatrix

/// How ratings are written as text.
package enum RatingFormat: String, Sendable, CaseIterable {
  /// Found out from the first line: `%%MatrixMarket`, a tab, `::` without a comma, else CSV.
  case auto
  /// Fields between commas, quoted after RFC 4180 where they need it.
  case csv
  /// Fields between tabs; nothing is quoted.
  case tsv
  /// Fields between `::`, as in MovieLens 1M and 10M; nothing is quoted.
  case movielens
  /// Matrix Market, coordinate, real, integer or pattern, general.
  case matrixmarket
}

/// A column of a ratings file: by its number, from 1, or by its name in the header.
package enum ColumnChoice: Sendable, Equatable {
  case number(Int)
  case name([UInt8])
}

/// What is known about ratings text before it is read.
package struct RatingSource: Sendable {
  package var format: RatingFormat
  /// Where user, item and, unless ``withoutRating``, rating stand, and at last, perhaps, the time;
  /// `nil` where that is found out.
  package var columns: [ColumnChoice]?
  /// Every row is a rating of 1; a column of ratings is not read.
  package var withoutRating: Bool
  /// Whether the first line is a header; `nil` where that is found out.
  package var hasHeader: Bool?
  /// `nil` where times are not read.
  package var times: TimeReading?

  package init(
    format: RatingFormat = .auto, columns: [ColumnChoice]? = nil, withoutRating: Bool = false,
    hasHeader: Bool? = nil, times: TimeReading? = nil
  ) {
    self.format = format
    self.columns = columns
    self.withoutRating = withoutRating
    self.hasHeader = hasHeader
    self.times = times
  }

  /// Fields that a rating takes, its time not counted.
  var valueFieldCount: Int { withoutRating ? 2 : 3 }

  /// Whether ``columns`` say where times stand.
  package var namesTimes: Bool { (columns?.count ?? 0) > valueFieldCount }

  /// Reads the argument of `--columns`: user, item, rating and, where there is one, time, each a
  /// number from 1 or a name.
  ///
  /// - Throws: `.usage` where it does not name the columns that are needed.
  package static func columns(
    _ text: String, withoutRating: Bool
  ) throws(Failure) -> [ColumnChoice] {
    let parts = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    let needed = withoutRating ? 2 : 3
    guard (needed...needed + 1).contains(parts.count), !parts.contains(where: \.isEmpty) else {
      throw Failure(
        .usage, setting: "columns",
        "\"\(printable(text.utf8))\" does not name "
          + (withoutRating ? "user and item" : "user, item and rating"),
        hint: withoutRating
          ? "two names or numbers with a comma between, for example 2,1"
          : "three names or numbers with commas between, for example userId,movieId,rating or 1,2,3"
      )
    }
    var choices: [ColumnChoice] = []
    for part in parts {
      // Digits alone are a number: a column of such a name has to be counted.
      let isNumber = part.allSatisfy { (0x30...0x39).contains($0) }
      let choice: ColumnChoice
      if isNumber {
        guard let number = Int(Substring(part)), (1...9999).contains(number) else {
          throw Failure(
            .usage, setting: "columns", "column \(printable(part)) is not between 1 and 9999")
        }
        choice = .number(number)
      } else {
        choice = .name(Array(part))
      }
      guard !choices.contains(choice) else {
        throw Failure(.usage, setting: "columns", "column \(printable(part)) is named twice")
      }
      choices.append(choice)
    }
    return choices
  }
}
