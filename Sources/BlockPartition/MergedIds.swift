import BlockMatrix
import RatingInput
import Workers

/// The ids of one side under common numbers, and how each worker's numbers lead to them.
struct MergedSide: Sendable {
  /// The common numbers are provisional: they depend on timing.
  let ids: IdList
  /// For each worker, the common number of each of its own.
  let numbers: [[UInt32]]

  /// Brings the workers' ids together.
  ///
  /// - Complexity: O(ids of all workers).
  init(_ collectors: [IdCollector]) {
    var ids = collectors.first ?? IdCollector()
    var numbers = [Array(0..<UInt32(ids.count))]
    for collector in collectors.dropFirst() { numbers.append(ids.merge(collector)) }
    self.ids = ids.ids
    self.numbers = numbers
  }

  /// ``StableHash/hash(_:)`` of each id.
  func stableHashes() -> [UInt64] { (0..<ids.count).map { StableHash.hash(ids[$0]) } }
}

/// Both sides of ``MergedSide``, brought together at once.
enum MergedIds {
  static func merge(
    _ collectors: [PerSide<IdCollector>], workers: Int
  ) throws(Failure) -> PerSide<MergedSide> {
    let sides = try Parallel.map(2, workers: workers) { side in
      MergedSide(collectors.map { $0[Side.allCases[side]] })
    }
    return PerSide(user: sides[0], item: sides[1])
  }
}
