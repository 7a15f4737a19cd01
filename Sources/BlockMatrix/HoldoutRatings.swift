/// The ratings that were kept back from training, in the order of (user, item).
package struct HoldoutRatings: Sendable, Equatable {
  /// The user's index of each rating.
  package var users: [UInt32]
  /// The item's index of each rating.
  package var items: [UInt32]
  package var values: [Float]

  package var count: Int { values.count }

  /// Some of them, in the order of their positions here.
  package func picked(_ positions: [Int]) -> HoldoutRatings {
    HoldoutRatings(
      users: positions.map { users[$0] }, items: positions.map { items[$0] },
      values: positions.map { values[$0] })
  }

  package init(users: [UInt32] = [], items: [UInt32] = [], values: [Float] = []) {
    precondition(users.count == values.count && items.count == values.count)
    self.users = users
    self.items = items
    self.values = values
  }
}
