import BlockMatrix
import BlockStore
import LeastSquares
import Workers

/// Users or items that the model was not trained on, with factors from their own ratings.
///
/// The other side stays as it is, and each new row is the exact minimum of the model's own
/// objective over the row's factors and bias. Where training solves rows exactly, that is, bit for
/// bit, what a phase would have given the row. Where it does not, by conjugate gradients or
/// stochastic gradient descent, a row has no last factors to begin with: it gets what more and more
/// of their steps would come to while the other side stands still.
package struct NewRows: Sendable {
  /// The side of the new rows.
  package let side: Side
  /// The model with the new rows in place of its own, in the order in which they occur.
  package let model: FactorModel
  /// For each user of `model`, what the user has rated in the ratings given.
  private let rated: SeenItems
  /// The ratings of the new rows.
  private let block: RatingBlock
  /// Ratings that were left out, because the model does not know their item, or their user where
  /// items are new.
  package let unknownRatings: Int
  /// The new rows that have no other rating: they have no direction, and their bias is 0.
  package let emptyRows: [UInt32]

  /// The ratings of each new row that the model can use.
  package let ratingCounts: [UInt32]

  /// The new rows that have a rating, ascending.
  package var ratedRows: [UInt32] {
    let empty = Set(emptyRows)
    return (0..<UInt32(model.ids[side].count)).filter { !empty.contains($0) }
  }

  /// Solves the new rows.
  ///
  /// - Parameters:
  ///   - side: What is new.
  ///   - ratings: By places in `ids`; at most one for each user and item.
  ///   - ids: The ids of the ratings; those of `side` need not be unknown to the model.
  ///   - loaded: The model, whose own rows of `side` take no part.
  /// - Throws: `.data` naming a row with two ratings of one pair.
  /// - Complexity: O(ratings · rank² + new rows · rank³); for implicit feedback, and
  ///   O(rows of the other side · rank²).
  package init(
    _ side: Side, _ ratings: HoldoutRatings, ids: PerSide<IdTable>, in loaded: LoadedModel,
    workers: Int
  ) throws(Failure) {
    let old = loaded.model
    let block = try Self.block(side, ratings, ids: ids, known: old.ids[side.opposite])
    var (rows, newIds) = (old.rows, old.ids)
    let fixed = try old.rows[side.opposite].table(workers: workers)
    rows[side] = .held(try Self.solve(block, in: loaded, fixed: fixed, workers: workers))
    // It is in memory now, and rankings need it again.
    rows[side.opposite] = .held(fixed)
    newIds[side] = ids[side]
    self.side = side
    model = try FactorModel(rows: rows, ids: newIds, mean: old.mean, scale: old.scale)
    self.block = block
    rated = SeenItems(block, userCount: newIds.user.count)
    ratingCounts = (0..<block.rowCount).map { UInt32(block.ratings(ofRow: $0).count) }
    emptyRows = (0..<UInt32(block.rowCount)).filter { block.ratings(ofRow: Int($0)).isEmpty }
    unknownRatings = ratings.count - block.ratingCount
  }

  /// The ratings of a new row that the model can use: the other side's indices, ascending.
  func ratings(of row: Int) -> [(UInt32, Float)] {
    block.ratings(ofRow: row).map { (block.columns[$0], block.value(at: $0)) }
  }

  /// Keeps from users of ``model`` what they have rated: their known items, or the new ones.
  package var seen: SeenSource {
    let rated = rated
    return { users throws(Failure) in SeenItems(users.map { rated[Int($0)] }) }
  }

  /// The factors of a block's rows, against those of the model's other side.
  private static func solve(
    _ block: RatingBlock, in loaded: LoadedModel, fixed: FactorTable, workers: Int
  ) throws(Failure) -> FactorTable {
    let old = loaded.model
    let table = try FactorTable(rowCount: block.rowCount, rank: old.rank, hasBias: old.hasBias)
    let solver = try PhaseSolver(
      kernels: old.kernels, hyperparameters: loaded.facts.hyperparameters.solvedExactly(),
      fixed: fixed, solved: table, workers: workers, mean: old.mean)
    _ = try Parallel.map(rangesOf: block.rowCount, length: 64, workers: workers) {
      rows throws(Failure) in
      var scratch = try solver.makeScratch()
      return try solver.solve(rows: rows, of: block, scratch: &scratch)
    }
    return table
  }

  /// The ratings of known columns as a block, a row for each new id.
  ///
  /// - Parameter known: The ids of the other side that the model has.
  private static func block(
    _ side: Side, _ ratings: HoldoutRatings, ids: PerSide<IdTable>, known: IdTable
  ) throws(Failure) -> RatingBlock {
    let indices = ids[side.opposite].indices(in: known)
    let places = PerSide(user: ratings.users, item: ratings.items)
    var rows = [[(column: UInt32, value: Float)]](repeating: [], count: ids[side].count)
    for rating in 0..<ratings.count {
      guard let column = indices[Int(places[side.opposite][rating])] else { continue }
      rows[Int(places[side][rating])].append((column, ratings.values[rating]))
    }
    var offsets = [0]
    var columns: [UInt32] = []
    var values: [Float] = []
    for (index, row) in rows.enumerated() {
      let sorted = row.sorted { $0.column < $1.column }
      for (left, right) in zip(sorted, sorted.dropFirst()) where left.column == right.column {
        throw twice(side, ids[side][index], known[Int(left.column)])
      }
      columns += sorted.map(\.column)
      values += sorted.map(\.value)
      offsets.append(columns.count)
    }
    return RatingBlock(
      side: side, block: 0, firstIndex: 0, rowOffsets: offsets, columns: columns,
      values: .plain(values), distinctColumnCount: Set(columns).count)
  }

  private static func twice(
    _ side: Side, _ row: ArraySlice<UInt8>, _ column: ArraySlice<UInt8>
  ) -> Failure {
    let other = "\(side.opposite.rawValue) \"\(printable(column))\""
    return Failure(
      .data, at: "\(side.rawValue) \"\(printable(row))\"",
      side == .user ? "has rated \(other) twice" : "was rated by \(other) twice",
      hint: "leave one rating of each user and item")
  }
}
