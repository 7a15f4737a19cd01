/// The best candidates seen so far, at most `limit`: a heap with the worst on top.
struct BestCandidates {
  let limit: Int
  private var heap: [Candidate] = []

  init(limit: Int) {
    precondition(limit >= 1)
    self.limit = limit
  }

  /// What a score must reach to be looked at: that of the worst kept, or −∞ while there is room.
  var threshold: Float { heap.count < limit ? -.infinity : heap[0].score }

  /// Keeps a candidate if it is better than the worst, or if there is room.
  ///
  /// - Complexity: O(log `limit`).
  mutating func offer(_ candidate: Candidate) {
    if heap.count < limit {
      heap.append(candidate)
      siftUp(heap.count - 1)
    } else if heap[0] < candidate {
      heap[0] = candidate
      siftDown(0)
    }
  }

  /// The candidates, best first.
  func ranked() -> [Candidate] { heap.sorted(by: >) }

  private mutating func siftUp(_ start: Int) {
    var child = start
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func siftDown(_ start: Int) {
    var parent = start
    while true {
      var worst = parent
      for child in (2 * parent + 1)...(2 * parent + 2)
      where child < heap.count && heap[child] < heap[worst] {
        worst = child
      }
      guard worst != parent else { return }
      heap.swapAt(parent, worst)
      parent = worst
    }
  }
}
