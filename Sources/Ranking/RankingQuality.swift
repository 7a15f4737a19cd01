import BlockMatrix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// How good one user's ranking is; the definitions are those of ``MetricDefinitions``.
package struct RankingQuality: Sendable, Equatable {
  package var precision = 0.0
  package var recall = 0.0
  package var truncatedRecall = 0.0
  package var ndcg = 0.0
  package var averagePrecision = 0.0
  package var reciprocalRank = 0.0
  package var hit = 0.0

  package init() {}

  /// Judges a ranking.
  ///
  /// - Parameters:
  ///   - ranking: The indices of the recommended items, best first, at most `limit`.
  ///   - relevant: The numbers of the user's test items, ascending, all different, at least one.
  ///   - limit: k.
  package init(_ ranking: [UInt32], relevant: ArraySlice<UInt32>, limit: Int) {
    precondition(!relevant.isEmpty && ranking.count <= limit)
    let reachable = min(limit, relevant.count)
    var hits = 0
    var gain = 0.0
    for (position, item) in ranking.enumerated() where relevant.contains(sorted: item) {
      let place = Double(position + 1)
      if hits == 0 { reciprocalRank = 1 / place }
      hits += 1
      averagePrecision += Double(hits) / place
      gain += 1 / log2(place + 1)
    }
    var idealGain = 0.0
    for place in 1...reachable { idealGain += 1 / log2(Double(place) + 1) }
    precision = Double(hits) / Double(limit)
    recall = Double(hits) / Double(relevant.count)
    truncatedRecall = Double(hits) / Double(reachable)
    ndcg = gain / idealGain
    averagePrecision /= Double(reachable)
    hit = hits > 0 ? 1 : 0
  }

  static func + (left: RankingQuality, right: RankingQuality) -> RankingQuality {
    var sum = left
    sum.precision += right.precision
    sum.recall += right.recall
    sum.truncatedRecall += right.truncatedRecall
    sum.ndcg += right.ndcg
    sum.averagePrecision += right.averagePrecision
    sum.reciprocalRank += right.reciprocalRank
    sum.hit += right.hit
    return sum
  }

  static func / (sum: RankingQuality, count: Double) -> RankingQuality {
    var mean = sum
    mean.precision /= count
    mean.recall /= count
    mean.truncatedRecall /= count
    mean.ndcg /= count
    mean.averagePrecision /= count
    mean.reciprocalRank /= count
    mean.hit /= count
    return mean
  }
}

/// The mean over users of how good their rankings are.
package struct RankingMetrics: Sendable, Equatable {
  /// k, the length of the rankings.
  package let limit: Int
  /// Users that were evaluated: those with factors and at least one test item.
  package let users: Int
  /// Users with factors, but without a test item.
  package let skippedUsers: Int
  /// The means; `nil` where no user was evaluated.
  package let mean: RankingQuality?
  /// The share of the model's items that are in at least one ranking.
  package let coverage: Double

  /// Ranks items for each user that has test items, and judges the rankings.
  ///
  /// Sums run over the users by ascending index, in Double: the result does not depend on workers.
  ///
  /// - Parameters:
  ///   - limit: k, at least 1.
  ///   - relevantFrom: The value from which on a test rating makes its item relevant.
  package static func measure(
    _ recommender: Recommender, on test: TestRatings, limit: Int,
    relevantFrom: Float = -.infinity, workers: Int
  ) throws(Failure) -> RankingMetrics {
    let relevant = RelevantItems(test, from: relevantFrom)
    var sum = RankingQuality()
    var isRanked = [Bool](repeating: false, count: recommender.model.ids.item.count)
    try recommender.recommend(
      to: relevant.users, limit: limit, workers: workers,
      transform: { first, rankings throws(Failure) in
        rankings.enumerated().map { offset, ranking in
          let items = ranking.map(\.index)
          let quality = RankingQuality(items, relevant: relevant[first + offset], limit: limit)
          return (items, quality)
        }
      },
      emit: { _, judged throws(Failure) in
        for (items, quality) in judged {
          sum = sum + quality
          for item in items { isRanked[Int(item)] = true }
        }
      })
    let users = relevant.users.count
    return RankingMetrics(
      limit: limit, users: users, skippedUsers: test.known.user - users,
      mean: users == 0 ? nil : sum / Double(users),
      coverage: Double(isRanked.count { $0 }) / Double(max(1, isRanked.count)))
  }
}

/// The test items of each user that has some, ascending and all different.
struct RelevantItems: Sendable {
  /// The users, ascending.
  private(set) var users: [UInt32] = []
  private var starts = [0]
  private var items: [UInt32] = []

  init(_ test: TestRatings, from threshold: Float) {
    for (user, range) in test.knownUsers {
      for rating in range where test.ratings.values[rating] >= threshold {
        let item = test.ratings.items[rating]
        // Equal pairs stand side by side, and an item is relevant once.
        if items.count > starts[starts.count - 1], items.last == item { continue }
        items.append(item)
      }
      if items.count > starts[starts.count - 1] {
        users.append(user)
        starts.append(items.count)
      }
    }
  }

  /// The items of the user at a position.
  subscript(position: Int) -> ArraySlice<UInt32> { items[starts[position]..<starts[position + 1]] }
}
