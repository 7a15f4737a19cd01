import BlockMatrix
import BlockStore
import Training

/// Finds the best model of a space at little cost, by successive halving (Jamieson and Talwalkar,
/// AISTATS 2016): many models get a few iterations on a few folds, the best of them more.
///
/// What is measured next follows from what was measured alone. So a search that was stopped goes
/// the same way again, and takes what it has been through from the record.
package final class TuningSearch {
  /// How far a search has come.
  package struct Progress: Sendable {
    /// What is being done, in a word.
    package let round: String
    package let models: Int
    package let folds: Int
    /// Trainings of the round that are done.
    package let done: Int
  }

  private let space: TuningSpace
  private let validation: CrossValidation
  /// A third of the iterations.
  private let short: CrossValidation
  /// So many that chance does not decide.
  private let screeningFolds: Int
  private let partition: Partition
  private let measurements: FoldMeasurements
  private let progress: (Progress) -> Void
  private var tried: [Hyperparameters] = []

  // An RMSE of so many pairs has a standard error of half a percent: enough to tell what is far
  // behind.
  private static let enoughPairs = 20_000
  private static let finalists = 5
  private static let mostSteps = 8

  package init(
    _ space: TuningSpace, _ validation: CrossValidation, _ partition: Partition,
    _ measurements: FoldMeasurements, progress: @escaping (Progress) -> Void = { _ in }
  ) throws(Failure) {
    self.space = space
    self.validation = validation
    self.partition = partition
    self.measurements = measurements
    self.progress = progress
    // What is far behind after a third of the iterations does not come to win.
    short = try validation.shortened(to: max(3, (validation.rules.iterations + 2) / 3))
    let pairs = max(1, partition.facts.ratingCount / validation.foldCount)
    screeningFolds = min(
      validation.foldCount, (Self.enoughPairs + pairs - 1) / pairs)
  }

  /// - Returns: `nil` where a stop request came in between.
  /// - Throws: `.diverged` where every model did.
  package func run() throws(Failure) -> TuningTable? {
    let spread = try RatingSpread(partition, workers: validation.workers)
    let finalists =
      space.isSearched
      ? try searched(spread) : try space.points(ranks: space.ranks, spread)
    guard let finalists,
      let results = try measured(finalists, validation.foldCount, validation, "finalists")
    else { return nil }
    // A search ends with the best first; lists stay in their order.
    let order = space.isSearched ? ranking(results) : Array(results.indices)
    let table = TuningTable(
      order.map { finalists[$0] }, values: order.map { results[$0] }, tried: tried,
      isMixed: space.isMixed, higherIsBetter: validation.metric.higherIsBetter)
    guard table.rows[table.best].score != nil else {
      throw Failure(
        .diverged, at: partition.directory, "training diverged for every model that was tried",
        hint: "try larger values of λ, or a lower learning rate")
    }
    return table
  }

  /// The finalists of a space with grids: of a wide grid and finer steps at the lowest rank, where
  /// they cost little, the best at all ranks, with finer steps around these.
  private func searched(_ spread: RatingSpread) throws(Failure) -> [Hyperparameters]? {
    let lowest = space.ranks.filter { $0 > 0 }.min()
    let first = space.ranks.filter { $0 == 0 || $0 == lowest }
    let others = space.ranks.filter { !first.contains($0) }
    let grid = try space.points(ranks: first, spread)
    guard let wide = try best(of: grid, screeningFolds, short, "wide grid"),
      var order = try refined(kept(wide, 12))
    else { return nil }
    if !others.isEmpty {
      var candidates = kept(order, 4)
      // With the λ that were best at the lowest rank: near enough to go on from in finer steps.
      for point in candidates where point.rank == lowest {
        for rank in others { candidates.append(try point.with(ModelSetting.rank, rank)) }
      }
      guard let ranked = try best(of: candidates, screeningFolds, validation, "ranks"),
        let refined = try refined(kept(ranked, 4))
      else { return nil }
      order = refined
    }
    return kept(order, Self.finalists)
  }

  /// Goes on in finer steps from the best of two families, in as many iterations as the winner will
  /// have, until none is better.
  private func refined(_ start: [Hyperparameters]) throws(Failure) -> [Hyperparameters]? {
    var candidates = start
    for step in 0... {
      guard let order = try best(of: candidates, screeningFolds, validation, "finer steps")
      else { return nil }
      var next = order
      if step < Self.mostSteps {
        next += try space.neighbours(of: order[0])
        if let other = order.first(where: { !$0.isAlike(order[0]) }) {
          next += try space.neighbours(of: other)
        }
      }
      candidates = next.unique
      if candidates.count == order.count { return order }
    }
    return nil
  }

  /// The first of an order, and the first of each kind: one that is behind may be ahead in the next
  /// round, and in the end people want to see how far.
  private func kept(_ order: [Hyperparameters], _ count: Int) -> [Hyperparameters] {
    order.reduce(into: Array(order.prefix(count))) { kept, point in
      if !kept.contains(where: { $0.model == point.model && ($0.rank == 0) == (point.rank == 0) }) {
        kept.append(point)
      }
    }
  }

  /// The points from the best to the worst; `nil` where a stop request came in between.
  private func best(
    of points: [Hyperparameters], _ folds: Int, _ validation: CrossValidation, _ round: String
  ) throws(Failure) -> [Hyperparameters]? {
    try measured(points, folds, validation, round).map { ranking($0).map { points[$0] } }
  }

  private func measured(
    _ points: [Hyperparameters], _ folds: Int, _ validation: CrossValidation, _ round: String
  ) throws(Failure) -> [[FoldValue]]? {
    tried = (tried + points).unique
    return try measurements.values(points, validation, folds: folds) { done in
      progress(Progress(round: round, models: points.count, folds: folds, done: done))
    }
  }

  private func ranking(_ values: [[FoldValue]]) -> [Int] {
    TuningTable.order(
      values.map { TuningTable.score($0, isMixed: space.isMixed) },
      higherIsBetter: validation.metric.higherIsBetter)
  }
}
