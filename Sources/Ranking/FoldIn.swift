import BlockMatrix
import BlockStore
import LeastSquares
import Workers

/// Users that the model was not trained on, with factors from their own ratings.
///
/// A new user's factors are, bit for bit, what a phase would have given them: the items stay as
/// they are, and the user's row is solved exactly.
package struct NewUsers: Sendable {
  /// The model with the new users in place of its own, in the order in which they occur.
  package let model: FactorModel
  /// What each new user has rated, ascending.
  private let rated: [ArraySlice<UInt32>]
  /// Ratings that were left out, because the model does not know their item.
  package let unknownRatings: Int
  /// The new users that have no rating of a known item: they have no direction, all scores are 0.
  package let emptyUsers: [UInt32]

  /// Solves the new users' rows.
  ///
  /// - Parameters:
  ///   - ratings: By places in `ids`; at most one for each user and item.
  ///   - ids: The ids of the ratings; users need not be unknown to the model.
  ///   - loaded: The model, whose users take no part.
  /// - Throws: `.data` naming a user that has rated an item twice.
  /// - Complexity: O(ratings · rank² + users · rank³).
  package init(
    _ ratings: HoldoutRatings, ids: PerSide<IdTable>, in loaded: LoadedModel, workers: Int
  ) throws(Failure) {
    let old = loaded.model
    let block = try Self.block(ratings, ids: ids, items: old.ids.item)
    let table = try FactorTable(
      rowCount: ids.user.count, rank: old.rank, hasBias: old.hasBias)
    let solver = try PhaseSolver(
      kernels: old.kernels, hyperparameters: loaded.facts.hyperparameters,
      fixed: old.factors.item, solved: table, workers: workers,
      mean: old.mean)
    let length = 64
    _ = try Parallel.map((block.rowCount + length - 1) / length, workers: workers) {
      part throws(Failure) in
      var scratch = try solver.makeScratch()
      let rows = part * length..<min(block.rowCount, (part + 1) * length)
      return try solver.solve(rows: rows, of: block, scratch: &scratch)
    }
    model = try FactorModel(
      factors: PerSide(user: table, item: old.factors.item),
      ids: PerSide(user: ids.user, item: old.ids.item), mean: old.mean, scale: old.scale)
    rated = (0..<block.rowCount).map { block.columns[block.ratings(ofRow: $0)] }
    emptyUsers = (0..<UInt32(block.rowCount)).filter {
      block.ratings(ofRow: Int($0)).isEmpty
    }
    unknownRatings = ratings.count - block.ratingCount
  }

  /// What some of the new users have rated.
  package func items(ofUsers users: [UInt32]) -> SeenItems {
    SeenItems(users.map { rated[Int($0)] })
  }

  /// The ratings of known items as a block, a row for each user.
  private static func block(
    _ ratings: HoldoutRatings, ids: PerSide<IdTable>, items: IdTable
  ) throws(Failure) -> RatingBlock {
    let indices = SeenRatings.map(ids.item, to: items)
    var rows = [[(column: UInt32, value: Float)]](repeating: [], count: ids.user.count)
    for rating in 0..<ratings.count {
      guard let column = indices[Int(ratings.items[rating])] else { continue }
      rows[Int(ratings.users[rating])].append((column, ratings.values[rating]))
    }
    var offsets = [0]
    var columns: [UInt32] = []
    var values: [Float] = []
    for (user, row) in rows.enumerated() {
      let sorted = row.sorted { $0.column < $1.column }
      for (left, right) in zip(sorted, sorted.dropFirst()) where left.column == right.column {
        throw Failure(
          .data, at: "user \"\(printable(ids.user[user]))\"",
          "has rated item \"\(printable(items[Int(left.column)]))\" twice",
          hint: "leave one rating of each user and item")
      }
      columns += sorted.map(\.column)
      values += sorted.map(\.value)
      offsets.append(columns.count)
    }
    return RatingBlock(
      side: .user, block: 0, firstIndex: 0, rowOffsets: offsets, columns: columns,
      values: .plain(values), distinctColumnCount: Set(columns).count)
  }
}
