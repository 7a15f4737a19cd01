import ArgumentParser
import BlockMatrix
import RatingInput

/// How ratings are written in the files that a command reads.
struct RatingInputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      auto, csv, tsv, movielens (fields between ::) or matrixmarket. auto goes by the first line: \
      %%MatrixMarket, a tab, a comma, or ::.
      """))
  var format: RatingFormat = .auto

  @Option(
    help: ArgumentHelp(
      """
      The columns of user, item and rating, by number from 1 or by name in the header, in that \
      order. (default: by well-known names in the header, else 1,2,3; other columns are ignored)
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

  /// - Throws: `.usage` where the columns are not understood.
  func source() throws(Failure) -> RatingSource {
    var source = RatingSource(format: format, withoutRating: noRating, hasHeader: header)
    if let columns {
      source.columns = try RatingSource.columns(columns, withoutRating: noRating)
    }
    return source
  }
}

extension RatingFormat: ExpressibleByArgument {}
