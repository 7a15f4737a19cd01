import Synchronization

/// A number that many threads add to.
package final class Counter: Sendable {
  private let value = Atomic<Int>(0)

  package init() {}

  package var total: Int { value.load(ordering: .relaxed) }

  /// Adds, and says what the sum is then.
  @discardableResult
  package func add(_ amount: Int) -> Int {
    // Relaxed: nobody goes by a counter to read what another thread has written.
    value.wrappingAdd(amount, ordering: .relaxed).newValue
  }
}
