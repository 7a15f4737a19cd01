import ArgumentParser
import BlockMatrix
import RatingInput

/// How ratings are written in the files that a command reads.
struct RatingInputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      auto, csv, tsv, movielens (fields between ::), spaces (as for LIBMF) or matrixmarket. auto \
      goes by the first line: %%MatrixMarket, a tab, ::, or enough commas, semicolons, bars or \
      spaces.
      """))
  var format: RatingFormat = .auto

  @Option(
    help: ArgumentHelp(
      """
      What stands between the fields of CSV: a sign, or the words tab or space. Between \
      semicolons, decimals may have commas.
      """, valueName: "sign"))
  var delimiter: String?

  @Option(
    help: ArgumentHelp(
      """
      The columns of user, item and rating, by number from 1 or by name in the header, in that \
      order, and of the time where it is wanted. (default: by well-known names in the header, else \
      1,2,3,4; other columns are ignored)
      """, valueName: "user,item,rating"))
  var columns: String?

  @Flag(
    inversion: .prefixedNo,
    help: """
      Whether the first line is a header. (default: it is where it names user and item, or has a \
      name in the rating's place)
      """)
  var header: Bool?

  @Flag(help: "Each line is a rating of 1; --columns then names user and item only.")
  var noRating = false

  @Option(
    help: ArgumentHelp(
      """
      How times are written: seconds or milliseconds since 1970, or iso8601, as 2024-06-01 or \
      2024-06-01T18:30:00+02:00 (in UTC where no zone is given).
      """))
  var timeFormat: TimeFormat?

  @Option(
    help: ArgumentHelp(
      "Only ratings from this time on: 2024-06-01, or a number as --time-format says.",
      valueName: "time"))
  var since: String?

  @Option(help: ArgumentHelp("Only ratings from before this time.", valueName: "time"))
  var until: String?

  /// - Parameter needsTimes: Whether times are read even where none of these options asks for them.
  /// - Throws: `.usage` where the columns or times are not understood.
  func source(needsTimes: Bool = false) throws(Failure) -> RatingSource {
    var source = RatingSource(format: format, withoutRating: noRating, hasHeader: header)
    if let delimiter { try source.setDelimiter(delimiter) }
    if let columns {
      source.columns = try RatingSource.columns(columns, withoutRating: noRating)
    }
    guard needsTimes || source.namesTimes || since != nil || until != nil else {
      guard timeFormat == nil else {
        throw Failure(
          .usage, setting: "time-format", "no time is read",
          hint: "name its column behind the others: --columns user,item,rating,time")
      }
      return source
    }
    var times = TimeReading(format: timeFormat ?? .seconds)
    if let since { times.since = try time(since, of: "since") }
    if let until { times.until = try time(until, of: "until") }
    if let since = times.since, let until = times.until, since >= until {
      throw Failure(.usage, setting: "until", "it is not after --since")
    }
    source.times = times
    return source
  }

  /// A time that another option names.
  func time(_ text: String, of setting: String) throws(Failure) -> Int64 {
    try TimeText.option(text, setting: setting, format: timeFormat ?? .seconds)
  }
}

extension RatingFormat: ExpressibleByArgument {}
extension TimeFormat: ExpressibleByArgument {}
