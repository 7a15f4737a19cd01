import BlockMatrix
import RatingInput
import Workers

/// A hold-out rule, made ready to decide for ratings by provisional numbers.
enum HoldoutMask: Sendable {
  case share(HoldoutShare, hashes: PerSide<[UInt64]>)
  case from(Int64)
  case last(LastRatings)

  @inline(__always)
  func holdsOut(_ row: some NumberedRating) -> Bool {
    switch self {
    case .share(let share, let hashes):
      share.holdsOut(
        userHash: hashes.user[Int(row.user)], itemHash: hashes.item[Int(row.item)])
    case .from(let time): row.time >= time
    case .last(let last): last.holds(row)
    }
  }
}

/// The last pairs of each user: by time, and of one time by the bytes of the item's id, so that
/// neither the order of the lines nor that of the workers matters.
struct LastRatings: Sendable {
  /// Of each user, the time of the earliest pair that is among the last; beyond all times where
  /// none is.
  private var times: [Int64]
  /// The item of that pair.
  private var items: [UInt32]
  private let ids: IdTable

  /// Finds, for users with more than `count` pairs, the last `count` of them.
  ///
  /// - Parameters:
  ///   - store: All ratings of a user are in one cell, sorted by user and item, and those of a pair
  ///     have one time.
  ///   - ids: Those of the items.
  ///   - counts: Says which ratings count.
  /// - Complexity: A pass over all ratings.
  init<Row: NumberedRating>(
    _ store: RowStore<Row>, count: Int, userCount: Int, ids: IdTable, workers: Int,
    where counts: @escaping @Sendable (Row) -> Bool
  ) throws(Failure) {
    times = [Int64](repeating: .max, count: userCount)
    items = [UInt32](repeating: 0, count: userCount)
    self.ids = ids
    let found = try Parallel.map(store.cellCount, workers: workers) {
      cell throws(Failure) -> [Row] in
      Self.firsts(
        of: try store.rows(ofCell: cell, keeping: true).filter(counts), count: count, ids)
    }
    for row in found.joined() {
      times[Int(row.user)] = row.time
      items[Int(row.user)] = row.item
    }
  }

  @inline(__always)
  func holds(_ row: some NumberedRating) -> Bool {
    let user = Int(row.user)
    guard row.time == times[user] else { return row.time > times[user] }
    return !ids[Int(row.item)].lexicographicallyPrecedes(ids[Int(items[user])])
  }

  /// The earliest of the last pairs of each user that has others besides.
  private static func firsts<Row: NumberedRating>(
    of rows: [Row], count: Int, _ ids: IdTable
  ) -> [Row] {
    var firsts: [Row] = []
    var pairs: [Row] = []
    func close() {
      guard pairs.count > count else { return }
      pairs.sort { left, right in
        left.time != right.time
          ? left.time > right.time
          : ids[Int(right.item)].lexicographicallyPrecedes(ids[Int(left.item)])
      }
      firsts.append(pairs[count - 1])
    }
    for row in rows {
      if let last = pairs.last, last.user != row.user {
        close()
        pairs.removeAll(keepingCapacity: true)
      }
      if pairs.last?.item != row.item { pairs.append(row) }
    }
    close()
    return firsts
  }
}
