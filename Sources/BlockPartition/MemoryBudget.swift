import RatingInput
import Synchronization

/// How many bytes of ratings may be held between stages.
final class MemoryBudget: Sendable {
  private let limit: Atomic<Int>
  private let held = Counter()

  /// - Parameter limit: Nothing where there is none.
  init(limit: Int?) { self.limit = Atomic(limit ?? Int.max) }

  /// Changes the limit for what comes; what is held stays.
  func setLimit(_ limit: Int?) { self.limit.store(limit ?? Int.max, ordering: .relaxed) }

  /// Takes `byteCount` from what is left; says whether there was enough.
  func reserve(_ byteCount: Int) -> Bool {
    guard held.add(byteCount) <= limit.load(ordering: .relaxed) else {
      held.add(-byteCount)
      return false
    }
    return true
  }

  func release(_ byteCount: Int) { held.add(-byteCount) }
}
