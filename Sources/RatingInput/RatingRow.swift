/// A rating on its way: its ids by numbers, provisional ones at first.
package struct RatingRow: Sendable, Equatable, BitwiseCopyable {
  package var user: UInt32
  package var item: UInt32
  package var value: Float

  package init(user: UInt32, item: UInt32, value: Float) {
    self.user = user
    self.item = item
    self.value = value
  }
}
