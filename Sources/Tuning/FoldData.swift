import BlockMatrix
import BlockStore
import Ranking
import Training

/// The ratings of one fold: to train on, and to measure with.
///
/// What is measured is what `evaluate` would measure of a model that was trained on the fold's
/// ratings alone: a user or an item without any of them is unknown. Models with biases predict its
/// pairs by the mean and the bias that is known, others leave them out.
struct FoldData {
  let mask: FoldMask
  let source: RatingBlockSource
  private let ids: PerSide<IdTable>
  private let scale: ClosedRange<Float>
  /// The ratings kept back.
  private let test: TestRatings
  /// Those of known users and items.
  private let knownTest: TestRatings
  /// The items that the fold trains nothing of, ascending: no model of it would have them.
  private let coldItems: [UInt32]

  /// - Throws: `.data` where there is nothing to measure with.
  init(_ partition: Partition, _ mask: FoldMask, workers: Int) throws(Failure) {
    self.mask = mask
    let source = try RatingBlockSource(partition, mask: mask, keeps: true, workers: workers)
    self.source = source
    ids = try partition.readIds()
    scale = partition.facts.lowestValue...partition.facts.highestValue
    test = TestRatings(try source.heldOut(workers: workers), trainingCounts: source.counts)
    let known = test.knownPairs
    guard !known.isEmpty else {
      throw Failure(
        .data, at: partition.directory, "fold \(mask.fold + 1) has no rating to measure with",
        hint: "use fewer folds, or more ratings")
    }
    knownTest = TestRatings(test.ratings.picked(known), trainingCounts: source.counts)
    coldItems = source.counts.item.indices.filter { source.counts.item[$0] == 0 }.map(UInt32.init)
  }

  /// What is said of a model that left the finite numbers.
  var diverged: FoldValue { value(nil, known: nil) }

  private func value(_ value: Double?, known: Double?) -> FoldValue {
    FoldValue(
      value: value, known: known, pairs: test.ratings.count,
      coldPairs: test.ratings.count - knownTest.ratings.count)
  }

  func measure(
    _ trained: any Learner, _ metric: CrossValidation.Metric, workers: Int
  ) throws(Failure) -> FoldValue {
    let model = try FactorModel(
      factors: trained.factors, ids: ids, mean: Float(trained.mean), scale: scale)
    switch metric {
    case .rmse(let clip):
      func rmse(_ test: TestRatings) throws(Failure) -> Double? {
        try Accuracy.measure(model, on: test, clip: clip, workers: workers).rmse
      }
      let known = try rmse(knownTest)
      let isAllKnown = knownTest.ratings.count == test.ratings.count
      return value(isAllKnown ? known : try rmse(test), known: known)
    case .ranking(let metric):
      let (source, coldItems) = (source, coldItems)
      let recommender = try Recommender(
        model,
        seen: { users throws(Failure) in
          SeenItems(
            try users.map { user throws(Failure) in
              let number = source.grids.user.block(containing: Int(user))
              let block = try source.block(number, of: .user)
              let seen = block.columns[block.ratings(ofRow: Int(user) - block.firstIndex)]
              // As if seen: no model of the fold's ratings has them, so none ranks them.
              return coldItems.isEmpty ? seen : (seen + coldItems).sorted()[...]
            })
        })
      let result =
        try RankingMetrics.measure(
          recommender, on: test, limit: metric.limit, workers: workers
        ).mean.map(metric.value) ?? 0
      return value(result, known: result)
    }
  }
}
