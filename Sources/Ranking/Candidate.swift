/// An index with its score, as one place of a ranking.
package struct Candidate: Sendable, Hashable {
  package let index: UInt32
  package let score: Float

  package init(index: UInt32, score: Float) {
    self.index = index
    self.score = score
  }
}

extension Candidate: Comparable {
  /// Whether the left one is ranked behind the right one: a lower score, or the same score and a
  /// higher index.
  ///
  /// No two candidates of one ranking are equal, so the order is total.
  package static func < (left: Candidate, right: Candidate) -> Bool {
    left.score < right.score || (left.score == right.score && left.index > right.index)
  }
}
