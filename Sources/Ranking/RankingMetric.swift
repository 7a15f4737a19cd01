import BlockMatrix
import BlockStore

/// One of the ranking metrics with the length of the rankings it is measured on, as `ndcg@20`.
package struct RankingMetric: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case precision, recall, ndcg, map, mrr
    case truncatedRecall = "recall-truncated"
    case hitRate = "hit-rate"
  }

  package let kind: Kind
  package let limit: Int

  package var name: String { "\(kind.rawValue)@\(limit)" }

  /// Reads `ndcg@20`; `nil` where it is no metric.
  package init?(_ text: String) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])),
      let limit = Int(parts[1]), (1...100_000).contains(limit)
    else { return nil }
    self.kind = kind
    self.limit = limit
  }

  /// The metric's value among those that were measured together.
  package func value(_ quality: RankingQuality) -> Double {
    switch kind {
    case .precision: quality.precision
    case .recall: quality.recall
    case .truncatedRecall: quality.truncatedRecall
    case .ndcg: quality.ndcg
    case .map: quality.averagePrecision
    case .mrr: quality.reciprocalRank
    case .hitRate: quality.hit
    }
  }

  /// Measures factors of a partition's users and items on test ratings; training items are
  /// excluded.
  ///
  /// - Complexity: O(test users · items · rank), divided by the workers.
  package func measure(
    _ factors: PerSide<FactorTable>, mean: Double, ids: PerSide<IdTable>,
    test: HoldoutRatings, seen: @escaping SeenSource, scale: ClosedRange<Float>, workers: Int
  ) throws(Failure) -> Double {
    let model = try FactorModel(factors: factors, ids: ids, mean: Float(mean), scale: scale)
    let metrics = try RankingMetrics.measure(
      Recommender(model, seen: seen),
      on: TestRatings(test, known: ids.map(\.count)),
      limit: limit, workers: workers)
    return metrics.mean.map(value) ?? 0
  }
}
