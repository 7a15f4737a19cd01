import BlockMatrix
import RatingInput
import Workers

/// Which ratings train, and how many of them each user and item has.
struct RatingCounts: Sendable {
  /// Of each provisional number; 0 where the id is left out.
  var counts: PerSide<[UInt32]>
  /// Ratings left out because their user or item had too few.
  var droppedCount = 0
  /// Ratings kept back, those of a pair with an unknown id included.
  var heldOutCount = 0
  private var isAlive: PerSide<[Bool]>?
  private let holdout: HoldoutMask?

  /// Hold-out decisions by provisional numbers.
  struct HoldoutMask: Sendable {
    let rule: HoldoutRule
    let hashes: PerSide<[UInt64]>
  }

  enum Fate { case trains, heldOut, dropped }

  /// What becomes of a rating.
  @inline(__always)
  func fate(_ row: RatingRow) -> Fate {
    if let isAlive, !isAlive.user[Int(row.user)] || !isAlive.item[Int(row.item)] { return .dropped }
    guard let holdout else { return .trains }
    return holdout.rule.holdsOut(
      userHash: holdout.hashes.user[Int(row.user)], itemHash: holdout.hashes.item[Int(row.item)])
      ? .heldOut : .trains
  }

  /// Counts what is in a store; first drops users and items with too few ratings, until all that
  /// are left have enough.
  ///
  /// - Complexity: A pass over all ratings, and one for each round of dropping.
  init(
    _ store: RowStore, ids: PerSide<IdTable>, minimum: PerSide<Int>, holdout: HoldoutRule?,
    workers: Int
  ) throws(Failure) {
    let total = (0..<store.cellCount).reduce(0) { $0 + store.count(ofCell: $1) }
    let sizes = ids.map(\.count)
    self.holdout = holdout.map { HoldoutMask(rule: $0, hashes: ids.map { $0.stableHashes() }) }
    counts = try Self.count(store, sizes, workers) { _ in true }
    if minimum.user > 1 || minimum.item > 1 {
      var alive = sizes.map { [Bool](repeating: true, count: $0) }
      // Whoever drops a user takes ratings from items, and the other way round: until nobody has
      // too few.
      while Self.drop(&alive, counts, minimum) {
        let mask = alive
        counts = try Self.count(store, sizes, workers) { row in
          mask.user[Int(row.user)] && mask.item[Int(row.item)]
        }
      }
      isAlive = alive
      droppedCount = total - counts.user.reduce(0) { $0 + Int($1) }
    }
    guard holdout != nil else { return }
    // A copy: what is asked of it must not change while it is counted.
    let fates = self
    counts = try Self.count(store, sizes, workers) { fates.fate($0) == .trains }
    heldOutCount = total - droppedCount - counts.user.reduce(0) { $0 + Int($1) }
  }

  /// Takes those out that have too few; says whether there were any.
  private static func drop(
    _ alive: inout PerSide<[Bool]>, _ counts: PerSide<[UInt32]>, _ minimum: PerSide<Int>
  ) -> Bool {
    var hasDropped = false
    for side in Side.allCases {
      for index in alive[side].indices
      where alive[side][index] && counts[side][index] < minimum[side] {
        alive[side][index] = false
        hasDropped = true
      }
    }
    return hasDropped
  }

  private static func count(
    _ store: RowStore, _ sizes: PerSide<Int>, _ workers: Int,
    _ counts: @escaping @Sendable (RatingRow) -> Bool
  ) throws(Failure) -> PerSide<[UInt32]> {
    let zeros = sizes.map { [UInt32](repeating: 0, count: $0) }
    let sums = try WorkerSums.run(store.cellCount, workers: workers, zeros) {
      (cell, sums: inout PerSide<[UInt32]>) throws(Failure) in
      for row in try store.rows(ofCell: cell, keeping: true) where counts(row) {
        sums.user[Int(row.user)] &+= 1
        sums.item[Int(row.item)] &+= 1
      }
    }
    return sums.dropFirst().reduce(sums.first ?? zeros) { total, part in
      var total = total
      for side in Side.allCases {
        for index in part[side].indices { total[side][index] &+= part[side][index] }
      }
      return total
    }
  }
}
