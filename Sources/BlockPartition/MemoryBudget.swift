import Synchronization
import Workers

/// How many bytes of ratings may be held between stages.
final class MemoryBudget: Sendable {
  private let limit: Atomic<Int>
  private let held = Counter()
  /// Released since freed memory was last given back to the system.
  private let released = Counter()

  /// - Parameter limit: `nil` where there is none.
  init(limit: Int?) { self.limit = Atomic(limit ?? Int.max) }

  /// Changes the limit for what comes; what is held stays.
  func setLimit(_ limit: Int?) { self.limit.store(limit ?? Int.max, ordering: .relaxed) }

  /// Takes `byteCount` from what is left; says whether there was enough.
  func reserve(_ byteCount: Int) -> Bool {
    // Taken first, and given back where it was too much: of two threads that ask for the last of
    // it, one at the most gets it.
    guard held.add(byteCount) <= limit.load(ordering: .relaxed) else {
      held.add(-byteCount)
      return false
    }
    return true
  }

  func release(_ byteCount: Int) {
    held.add(-byteCount)
    released.add(byteCount)
  }

  /// Gives memory back to the system, if enough was released and freed since the last time.
  ///
  /// Pieces of a cell lie between those of others: what they leave is too small for what comes, and
  /// without this all ratings would take their memory twice. An eighth at a time, because looking
  /// through all that is free costs time too.
  func returnFreedMemory() {
    let count = released.total
    guard count >= max(Self.worthReturning, held.total / 8) else { return }
    released.add(-count)
    ProcessHeap.returnFreedMemory()
  }

  // Below that, a walk through the allocator's free pieces costs more than it gives.
  private static let worthReturning = 4 << 20
}
