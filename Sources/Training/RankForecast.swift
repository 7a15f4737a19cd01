import BlockMatrix
import BlockStore
import FactorExchange

/// What training on some number of ranks would take, before it is started.
package struct RankForecast: Sendable, Equatable {
  package let ranks: Int
  /// The memory of the rank that needs most; every rank's budget has to hold it.
  package let memoryBytes: Int
  /// The bytes that the rank with most of them receives in an iteration.
  package let receivedBytes: Int
  /// The bytes that all ranks together send in an iteration.
  package let sentBytes: Int
  /// The share of the cost of an iteration that the busiest rank has, times the number of ranks: 1
  /// where all have the same to do.
  package let imbalance: Double

  /// Reads all blocks once: which rows go where follows from the ratings.
  ///
  /// - Throws: `.usage` where there are more ranks than blocks of a side.
  /// - Complexity: O(ratings), divided by the workers.
  package init(
    _ partition: Partition, hyperparameters: Hyperparameters, settings: TrainingSettings,
    ranks: Int
  ) throws(Failure) {
    let holdout =
      hyperparameters.feedback == .explicit ? try partition.readHoldout() : HoldoutRatings()
    let rowBytes = (hyperparameters.rank + (hyperparameters.hasBias ? 1 : 0)) * 4
    var (memory, received, sent) = (0, 0, 0)
    var shares: [Double] = []
    for rank in 0..<ranks {
      let plan = try RankPlan(partition, hyperparameters, rank: rank, of: ranks)
      let territory = try plan.survey(holdout: holdout, workers: settings.workers).territory
      let needed = try TrainingMemory(
        partition, hyperparameters: hyperparameters, settings: settings, territory: territory,
        rank: rank)
      memory = max(memory, needed.minimum)
      let bytes = Side.allCases.reduce(0) { sum, side in
        guard let wanted = territory.wanted?[side] else { return sum }
        return sum + (wanted.count - wanted.count(in: territory.shares[side].indices)) * rowBytes
      }
      received = max(received, bytes)
      sent += bytes
      let ratings = Side.allCases.reduce(0) { sum, side in
        partition.facts.shards[side][territory.shares[side].blocks]
          .reduce(sum) { $0 + $1.ratingCount }
      }
      shares.append(Double(ratings))
    }
    self.ranks = ranks
    memoryBytes = memory
    receivedBytes = received
    sentBytes = sent
    let total = shares.reduce(0, +)
    imbalance = total > 0 ? (shares.max() ?? 0) / total * Double(ranks) : 1
  }
}
