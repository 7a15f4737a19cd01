import BlockMatrix

/// Ratings to compare a model with, by the model's indices.
///
/// An id that the model does not know has a number too, at or above the side's count: so a user's
/// unknown items can be told apart.
package struct TestRatings: Sendable, Equatable {
  /// The ratings, in the order of (user, item).
  package let ratings: HoldoutRatings
  /// How many users and items the model has; higher numbers are unknown ids.
  package let known: PerSide<Int>
  /// Pairs with an unknown id that were counted, but not stored, when the ratings were kept back.
  package let unstoredPairs: Int

  /// Takes over ratings by index.
  ///
  /// - Parameter ratings: In any order; equal pairs stay in theirs.
  /// - Complexity: O(n log n) where they are not sorted yet.
  package init(_ ratings: HoldoutRatings, known: PerSide<Int>, unstoredPairs: Int = 0) {
    self.known = known
    self.unstoredPairs = unstoredPairs
    let keys = zip(ratings.users, ratings.items).map { UInt64($0) << 32 | UInt64($1) }
    guard zip(keys, keys.dropFirst()).contains(where: >) else {
      self.ratings = ratings
      return
    }
    let order = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
    self.ratings = HoldoutRatings(
      users: order.map { ratings.users[$0] }, items: order.map { ratings.items[$0] },
      values: order.map { ratings.values[$0] })
  }

  /// Numbers ratings by their ids.
  ///
  /// - Parameter id: The id of a rating on a side, any bytes.
  /// - Complexity: O(n log n).
  package init(
    count: Int, values: (Int) -> Float, id: (Int, Side) -> ArraySlice<UInt8>,
    lookups: PerSide<IdLookup>, unstoredPairs: Int = 0
  ) {
    var numbers = PerSide<[UInt32]>(user: [], item: [])
    for side in Side.allCases {
      var strangers: [ArraySlice<UInt8>: UInt32] = [:]
      numbers[side] = (0..<count).map { rating in
        let id = id(rating, side)
        if let index = lookups[side].index(of: id) { return UInt32(index) }
        if let number = strangers[id] { return number }
        let number = UInt32(lookups[side].table.count + strangers.count)
        strangers[id] = number
        return number
      }
    }
    self.init(
      HoldoutRatings(users: numbers.user, items: numbers.item, values: (0..<count).map(values)),
      known: PerSide(user: lookups.user.table.count, item: lookups.item.table.count),
      unstoredPairs: unstoredPairs)
  }

  /// Whether the model knows the user, and whether it knows the item, of a rating.
  package func isKnown(_ rating: Int) -> PerSide<Bool> {
    PerSide(
      user: ratings.users[rating] < known.user, item: ratings.items[rating] < known.item)
  }

  /// The ratings of each user that the model knows, in the order of the users.
  package var knownUsers: [(user: UInt32, ratings: Range<Int>)] {
    var found: [(user: UInt32, ratings: Range<Int>)] = []
    var start = 0
    while start < ratings.count, ratings.users[start] < known.user {
      var end = start + 1
      while end < ratings.count, ratings.users[end] == ratings.users[start] { end += 1 }
      found.append((ratings.users[start], start..<end))
      start = end
    }
    return found
  }
}
