import RatingInput

/// How many bytes of ratings may be held between stages.
final class MemoryBudget: Sendable {
  /// Nothing where there is no limit.
  private let limit: Int?
  private let held = Counter()

  init(limit: Int?) { self.limit = limit }

  /// Takes `byteCount` from what is left; says whether there was enough.
  func reserve(_ byteCount: Int) -> Bool {
    guard let limit else { return true }
    guard held.add(byteCount) <= limit else {
      held.add(-byteCount)
      return false
    }
    return true
  }

  func release(_ byteCount: Int) {
    if limit != nil { held.add(-byteCount) }
  }
}
