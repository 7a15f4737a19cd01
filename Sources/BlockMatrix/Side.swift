/// One of the two sides of a ratings matrix: its rows are users, its columns items.
package enum Side: String, Sendable, CaseIterable, Codable {
  case user, item

  /// The side that is fixed while this one is solved, and the other way round.
  package var opposite: Side { self == .user ? .item : .user }

  /// `users` or `items`: how files and messages speak of the whole side.
  package var plural: String { rawValue + "s" }
}

/// A value for each side.
package struct PerSide<Value> {
  package var user: Value
  package var item: Value

  package init(user: Value, item: Value) {
    self.user = user
    self.item = item
  }

  /// What `body` makes of each side, the users' first.
  package init<Problem: Error>(_ body: (Side) throws(Problem) -> Value) throws(Problem) {
    user = try body(.user)
    item = try body(.item)
  }

  package func map<Output>(_ transform: (Value) -> Output) -> PerSide<Output> {
    PerSide<Output>(user: transform(user), item: transform(item))
  }

  package subscript(side: Side) -> Value {
    get { side == .user ? user : item }
    // In place: with `set`, changing one element of an array would copy the array.
    _modify { if side == .user { yield &user } else { yield &item } }
  }
}

extension PerSide: Sendable where Value: Sendable {}
extension PerSide: Equatable where Value: Equatable {}
