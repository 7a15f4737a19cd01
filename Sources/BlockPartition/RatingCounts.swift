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
  /// Of those that were not dropped.
  var heldOutShare: Double {
    let trainingCount = counts.user.reduce(0) { $0 + Int($1) }
    return Double(heldOutCount) / Double(heldOutCount + trainingCount)
  }
  private var isAlive: PerSide<[Bool]>?
  private var holdout: HoldoutMask?

  enum Fate { case trains, heldOut, dropped }

  /// What becomes of a rating.
  @inline(__always)
  func fate(_ row: some NumberedRating) -> Fate {
    if let isAlive, !isAlive.user[Int(row.user)] || !isAlive.item[Int(row.item)] { return .dropped }
    return holdout?.holdsOut(row) ?? false ? .heldOut : .trains
  }

  /// Counts what is in a store; first drops users and items with too few ratings, until all that
  /// are left have enough.
  ///
  /// - Complexity: A pass over all ratings, and one for each round of dropping.
  init<Row: NumberedRating>(
    _ store: RowStore<Row>, ids: PerSide<IdTable>, minimum: PerSide<Int>, holdout: HoldoutRule?,
    workers: Int
  ) throws(Failure) {
    let total = (0..<store.cellCount).reduce(0) { $0 + store.count(ofCell: $1) }
    let sizes = ids.map(\.count)
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
    guard let holdout else { return }
    // Copies: what is asked of them must not change while it is counted.
    let alive = self
    switch holdout {
    case .share(let share): self.holdout = .share(share, hashes: ids.map { $0.stableHashes() })
    case .from(let time): self.holdout = .from(time)
    case .last(let count):
      self.holdout = .last(
        try LastRatings(
          store, count: count, userCount: sizes.user, ids: ids.item, workers: workers
        ) { alive.fate($0) == .trains })
    }
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

  private static func count<Row: NumberedRating>(
    _ store: RowStore<Row>, _ sizes: PerSide<Int>, _ workers: Int,
    _ counts: @escaping @Sendable (Row) -> Bool
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
