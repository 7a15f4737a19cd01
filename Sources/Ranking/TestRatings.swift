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
  /// The training ratings of each index; `nil` where every index below ``known`` has some.
  private let trainingCounts: PerSide<[UInt32]>?

  /// Takes over ratings by index.
  ///
  /// - Parameter ratings: In any order; equal pairs stay in theirs.
  /// - Complexity: O(n log n) where they are not sorted yet.
  package init(_ ratings: HoldoutRatings, known: PerSide<Int>, unstoredPairs: Int = 0) {
    self.init(ratings, known: known, trainingCounts: nil, unstoredPairs: unstoredPairs)
  }

  /// Takes over ratings by the indices of a model that was trained on a part of its partition, as
  /// in cross-validation.
  ///
  /// An index without a training rating is as unknown as the id would be to a model of that part
  /// alone: a pair of it is predicted by what is known of the other side, or left out.
  package init(_ ratings: HoldoutRatings, trainingCounts: PerSide<[UInt32]>) {
    self.init(
      ratings, known: trainingCounts.map(\.count), trainingCounts: trainingCounts,
      unstoredPairs: 0)
  }

  private init(
    _ ratings: HoldoutRatings, known: PerSide<Int>, trainingCounts: PerSide<[UInt32]>?,
    unstoredPairs: Int
  ) {
    self.known = known
    self.trainingCounts = trainingCounts
    self.unstoredPairs = unstoredPairs
    let keys = zip(ratings.users, ratings.items).map { UInt64($0) << 32 | UInt64($1) }
    guard zip(keys, keys.dropFirst()).contains(where: >) else {
      self.ratings = ratings
      return
    }
    let order = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
    self.ratings = ratings.picked(order)
  }

  /// Gives ratings the model's indices.
  ///
  /// - Parameters:
  ///   - ratings: By places in `ids`.
  ///   - ids: The ids of the ratings.
  ///   - model: Whose indices are wanted.
  /// - Complexity: O(ids + n log n).
  package init(
    _ ratings: HoldoutRatings, ids: PerSide<IdTable>, model: FactorModel, unstoredPairs: Int = 0
  ) {
    let users = Self.numbers(of: ids.user, in: model.ids.user)
    let items = Self.numbers(of: ids.item, in: model.ids.item)
    self.init(
      HoldoutRatings(
        users: ratings.users.map { users[Int($0)] }, items: ratings.items.map { items[Int($0)] },
        values: ratings.values),
      known: model.ids.map(\.count), unstoredPairs: unstoredPairs)
  }

  /// For each id its index in another table, or a number above all of them.
  private static func numbers(of table: IdTable, in other: IdTable) -> [UInt32] {
    let lookup = IdLookup(other)
    var strangers = 0
    return (0..<table.count).map { place in
      if let index = lookup.index(of: table[place]) { return UInt32(index) }
      strangers += 1
      return UInt32(other.count + strangers - 1)
    }
  }

  /// Whether the model knows the user, and whether it knows the item, of a rating.
  package func isKnown(_ rating: Int) -> PerSide<Bool> {
    PerSide(
      user: isKnown(ratings.users[rating], on: .user),
      item: isKnown(ratings.items[rating], on: .item))
  }

  /// The ratings of which the model knows user and item.
  package var knownPairs: [Int] {
    (0..<ratings.count).filter { rating in
      let isKnown = isKnown(rating)
      return isKnown.user && isKnown.item
    }
  }

  private func isKnown(_ index: UInt32, on side: Side) -> Bool {
    index < known[side] && trainingCounts.map { $0[side][Int(index)] > 0 } ?? true
  }

  /// The ratings of each user that the model knows, in the order of the users.
  package var knownUsers: [(user: UInt32, ratings: Range<Int>)] {
    var found: [(user: UInt32, ratings: Range<Int>)] = []
    var start = 0
    while start < ratings.count, ratings.users[start] < known.user {
      var end = start + 1
      while end < ratings.count, ratings.users[end] == ratings.users[start] { end += 1 }
      if isKnown(ratings.users[start], on: .user) {
        found.append((ratings.users[start], start..<end))
      }
      start = end
    }
    return found
  }
}
