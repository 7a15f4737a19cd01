import BlockMatrix

/// How ratings are written as text.
package enum RatingFormat: String, Sendable, CaseIterable {
  /// Found out from the first line: `%%MatrixMarket`, a tab, `::` without a comma, commas,
  /// semicolons, bars or spaces that make as many fields as are needed, else CSV.
  case auto
  /// Fields between commas or another delimiter, quoted after RFC 4180 where they need it.
  case csv
  /// Fields between tabs; nothing is quoted.
  case tsv
  /// Fields between `::`, as in MovieLens 1M and 10M; nothing is quoted.
  case movielens
  /// Fields between spaces or tabs, any number of them, as LIBMF reads them; nothing is quoted.
  case spaces
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
  /// Between the fields of CSV; `nil` for commas, and where the format is found out.
  package var delimiter: UInt8?
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

  /// Reads the argument of `--delimiter`: a character, `tab` or `space`.
  ///
  /// - Throws: `.usage` where it cannot separate, or the format has a separator of its own.
  package mutating func setDelimiter(_ text: String) throws(Failure) {
    guard format == .auto || format == .csv else {
      throw Failure(
        .usage, setting: "delimiter", "\(format.rawValue) has a separator of its own",
        hint: "leave --format out")
    }
    let bytes = Array(text.utf8)
    if text == "tab" || text == "\\t" || bytes == [0x09] {
      format = .tsv
    } else if text == "space" || bytes == [0x20] {
      format = .spaces
    } else {
      let isLetterOrDigit =
        bytes.count == 1 && (bytes[0] >= 0x80 || Character(UnicodeScalar(bytes[0])).isLetter)
        || bytes.allSatisfy { (0x30...0x39).contains($0) }
      guard bytes.count == 1, !isLetterOrDigit, bytes[0] > 0x20, bytes[0] != 0x7F,
        !"\".-+".utf8.contains(bytes[0])
      else {
        throw Failure(
          .usage, setting: "delimiter",
          "\"\(printable(bytes))\" is no character that can stand between fields",
          hint: "a sign as ; or |, or the words tab and space")
      }
      (format, delimiter) = (.csv, bytes[0])
    }
  }

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
