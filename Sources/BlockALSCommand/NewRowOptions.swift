import ArgumentParser
import BlockMatrix
import BlockPartition
import BlockStore
import Ranking
import RatingInput

/// Users or items that the model was not trained on, and how their ratings are written.
struct NewRowOptions: ParsableArguments {
  @Option(
    name: .customLong("new-users"),
    help: ArgumentHelp(
      """
      Ratings by new users, whether the model knows them or not: their factors are solved from \
      these ratings alone. Ratings of unknown items are left out. ('-' reads standard input)
      """, valueName: "file"))
  var users: String?

  @Option(
    name: .customLong("new-items"),
    help: ArgumentHelp(
      """
      Ratings of new items, whether the model knows them or not: their factors are solved from \
      these ratings alone. Ratings by unknown users are left out. ('-' reads standard input)
      """, valueName: "file"))
  var items: String?

  @Option(
    name: .customLong("input-format"),
    help: """
      Their format, as partition's --format: auto, csv, tsv, movielens or matrixmarket. \
      (default: auto)
      """)
  var format: RatingFormat?

  @Option(
    help: ArgumentHelp(
      "Their columns, as partition's --columns.", valueName: "user,item,rating"))
  var columns: String?

  @Flag(inversion: .prefixedNo, help: "Whether their first line is a header.")
  var header: Bool?

  @Flag(help: "Each line is a rating of 1.")
  var noRating = false

  /// What is new, and the file of its ratings.
  var given: (side: Side, path: String)? {
    if let users { return (.user, users) }
    return items.map { (.item, $0) }
  }

  func validate() throws {
    guard users == nil || items == nil else {
      throw ValidationError("Give either --new-users or --new-items.")
    }
    let isDescribed = format != nil || columns != nil || header != nil || noRating
    guard given != nil || !isDescribed else {
      throw ValidationError(
        """
        --input-format, --columns, --header and --no-rating say how the file of --new-users or \
        --new-items is written: give one.
        """)
    }
  }

  /// Reads the new rows' ratings and solves their factors; `nil` where no file was given.
  ///
  /// What the model knows nothing of is left out, and counted on standard error.
  ///
  /// - Parameter skipUnknown: Whether rows may be without a known rating.
  /// - Throws: `.data` naming such a row, or the place of a bad rating.
  func solve(
    in loaded: LoadedModel, skipUnknown: Bool, workers: Int, _ fileSystem: PosixFileSystem
  ) throws(Failure) -> NewRows? {
    guard let (side, path) = given else { return nil }
    let text = try TextRatings(
      try InputFiles.inputs(
        [path], in: fileSystem, standardInput: fileSystem.standardInput),
      source: try source(), workers: workers)
    let new = try NewRows(side, text.ratings, ids: text.ids, in: loaded, workers: workers)
    let (other, verb) = (side.opposite, side == .user ? "of" : "by")
    if new.unknownRatings > 0 {
      StandardError.note(
        "\(new.unknownRatings.grouped) of \(text.ratings.count.grouped) ratings are \(verb) "
          + "unknown \(other.plural)")
    }
    guard let first = new.emptyRows.first else { return new }
    let ids = new.model.ids[side]
    guard skipUnknown else {
      throw Failure(
        .data, at: "\(side.rawValue) \"\(printable(ids[Int(first)]))\"",
        side == .user
          ? "has rated no item that the model knows" : "was rated by no user that the model knows",
        hint: "give --skip-unknown to leave such \(side.plural) out")
    }
    StandardError.note(
      "\(new.emptyRows.count.grouped) of \(ids.count.grouped) \(side.plural) have no known "
        + other.rawValue)
    return new
  }

  /// - Throws: `.usage` where the columns are not understood.
  private func source() throws(Failure) -> RatingSource {
    var source = RatingSource(
      format: format ?? .auto, withoutRating: noRating, hasHeader: header)
    if let columns {
      source.columns = try RatingSource.columns(columns, withoutRating: noRating)
    }
    return source
  }
}
