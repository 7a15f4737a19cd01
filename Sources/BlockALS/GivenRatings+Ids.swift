import BlockMatrix
import BlockPartition
import RatingInput

extension GivenRatings {
  /// Numbers the ids of ratings.
  ///
  /// - Throws: `.data` naming the first rating that is none.
  init(_ ratings: [Newcomers.Rating]) throws(Failure) {
    var ids = PerSide(user: IdCollector(), item: IdCollector())
    var rows: [RatingRow] = []
    rows.reserveCapacity(ratings.count)
    for rating in ratings {
      guard rating.value.isFinite else {
        throw Failure(
          .data, at: "user \"\(rating.user)\"",
          "has rated item \"\(rating.item)\" with \(rating.value), which is no finite number")
      }
      for (side, id) in [(Side.user, rating.user), (.item, rating.item)] {
        guard !id.isEmpty, !id.utf8.contains(0) else {
          throw Failure(
            .data, at: "rating \(rows.count)",
            "the id of its \(side.rawValue) is empty or has a zero byte")
        }
      }
      rows.append(
        RatingRow(
          user: ids.user.index(of: rating.user.utf8), item: ids.item.index(of: rating.item.utf8),
          value: rating.value))
    }
    self.init(
      ids: ids.map { $0.table() }, rowCount: rows.count, valuesGiven: true,
      rows: { [rows] in Array(rows[$0]) })
  }
}
