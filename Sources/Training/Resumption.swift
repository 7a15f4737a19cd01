import BlockMatrix
import BlockStore
import FactorExchange

/// Where a training run begins.
struct Resumption {
  /// What each iteration already done came to.
  let history: [IterationRecord]
  /// The rows that this process owns.
  let factors: PerSide<FactorTable>?
  /// The iteration that has to stay because it did best on the hold-out: by the rules of this run,
  /// or as the newest generation says.
  let best: Int?
  let refused: [(generation: Int, failure: Failure)]

  static let fromTheStart = Resumption(history: [], factors: nil, best: nil, refused: [])

  /// Finds the newest good generation and holds it against what is asked for.
  ///
  /// Hyperparameters, ratings and the metric that is watched have to be the same. The rules that
  /// end a run may differ as long as a run under the new ones would have come the same way.
  ///
  /// - Throws: `.mismatch` with every setting that differs; `.data` where all generations are
  ///   damaged.
  static func find(
    in model: ModelDirectory, partition: PartitionFacts, hyperparameters: Hyperparameters,
    rules: RunSettings, higherIsBetter: Bool, ranks: Ranks = .alone, shares: PerSide<Share>
  ) throws(Failure) -> Resumption {
    let newest =
      ranks.isAlone
      ? try model.newestGood().map { ($0.facts, $0.factors, $0.refused) }
      : try newestGood(in: model, grids: partition.grids, ranks, shares)
    guard let (facts, factors, refused) = newest else { return .fromTheStart }
    guard facts.later == nil else {
      throw Failure(
        .mismatch, at: model.directory,
        "has users or items that were put in by `update`, of which the partition knows nothing",
        hint: "begin another model with it: blockals train PARTITION -o DIR --start-from "
          + model.directory)
    }
    var differences = Difference.list(
      stored: facts.hyperparameters.settings + [("ratings (digest)", facts.partitionDigest)],
      asked: hyperparameters.settings + [("ratings (digest)", partition.digest)])
    let stored = try facts.rules()
    let changed = Difference.list(stored: stored.settings, asked: rules.settings)
    if facts.knowsRules {
      differences += changed.filter { $0.name == RunSetting.holdoutMetric.name }
    }
    let end = rules.firstEnd(
      in: facts.history, ratingCount: partition.ratingCount, higherIsBetter: higherIsBetter)
    if end != nil {
      differences += changed.filter { Difference.endsRuns.contains($0.name) }
    } else if differences.isEmpty, stored.patience == nil,
      let best = rules.best(facts.history, higherIsBetter: higherIsBetter),
      try !model.generations().contains(best)
    {
      // Nobody knew that it would have to be kept.
      differences = changed.filter { $0.name == RunSetting.patience.name }
    }
    guard differences.isEmpty else {
      throw Failure(
        .mismatch, at: model.directory,
        "the model was trained with other settings: "
          + differences.map(\.text).joined(separator: "; "),
        hint: "use the model's settings, another -o, or --fresh to start over")
    }
    return Resumption(
      history: facts.history, factors: factors,
      best: rules.best(facts.history, higherIsBetter: higherIsBetter) ?? facts.best,
      refused: refused)
  }

  /// The newest generation of which every rank finds its own shards whole.
  ///
  /// Which ones there are is for the first rank to say: it alone changes the directory.
  private static func newestGood(
    in model: ModelDirectory, grids: PerSide<BlockGrid>, _ ranks: Ranks, _ shares: PerSide<Share>
  ) throws(Failure) -> (GenerationFacts, PerSide<FactorTable>, [ModelDirectory.Refusal])? {
    let listed = ranks.speaks ? try model.generations() : []
    var refused: [ModelDirectory.Refusal] = []
    for number in [Int](littleEndian: try ranks.spoken(listed.memoryBytes)) {
      var found: (GenerationFacts, PerSide<FactorTable>)?
      var failure = Failure(.data, "generation \(number) is damaged where another rank reads it")
      do throws(Failure) {
        let generation = try model.open(generation: number)
        // Of another partition its rows have no owner; it is refused for its settings.
        let isOurs = generation.facts.grids == grids
        let factors = try PerSide { side throws(Failure) in
          try generation.readTable(side, blocks: isOurs ? shares[side].blocks : 0..<0)
        }
        found = (generation.facts, factors)
      } catch {
        guard error.isDamage else { throw error }
        failure = error
      }
      if try !ranks.any(found == nil), let found {
        model.remember(good: number)
        return (found.0, found.1, refused)
      }
      refused.append((number, failure))
    }
    guard let newest = refused.first else { return nil }
    throw ModelDirectory.noneIsWhole(newest.failure, of: refused.count)
  }
}

/// A setting that is not what it was.
private struct Difference {
  let name: String
  let text: String

  /// The rules that end a run; the others change only what is left on the disk.
  static let endsRuns = [
    RunSetting.iterations.name, RunSetting.tolerance.name, RunSetting.stopAtLoss.name,
    RunSetting.patience.name,
  ]

  static func list(
    stored: [(name: String, value: String)], asked: [(name: String, value: String)]
  ) -> [Difference] {
    let names = (stored + asked.filter { ours in !stored.contains { $0.name == ours.name } })
      .map(\.name)
    return names.compactMap { name in
      let ours = asked.first { $0.name == name }?.value ?? "not set"
      let theirs = stored.first { $0.name == name }?.value ?? "not set"
      guard ours != theirs else { return nil }
      return Difference(name: name, text: "\(name): \(theirs) in the model, \(ours) asked for")
    }
  }
}
