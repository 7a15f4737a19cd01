import Synchronization

/// A value that is reached only while its lock is held.
///
/// `Mutex` does the work. On Linux it is built on a futex that the thread sanitizer does not know,
/// so that every use would be reported as a race. The counter takes part in no decision: it repeats
/// the order that the lock imposes in a form that the sanitizer understands.
package struct Locked<Value: ~Copyable>: ~Copyable {
  private let mutex: Mutex<Value>
  private let turns = Atomic<Int>(0)

  package init(_ value: consuming sending Value) { mutex = Mutex(value) }

  package borrowing func withLock<Output: ~Copyable, Problem: Error>(
    _ body: (inout sending Value) throws(Problem) -> sending Output
  ) throws(Problem) -> sending Output {
    try mutex.withLock { (value: inout sending Value) throws(Problem) -> sending Output in
      _ = turns.load(ordering: .acquiring)
      defer { turns.wrappingAdd(1, ordering: .releasing) }
      return try body(&value)
    }
  }
}
