import BlockMatrix
import BlockStore
import FactorExchange
import Kernels
import LeastSquares
import Workers

/// Trains into a model directory: finds where to begin, and writes down what the loop comes to.
package enum Trainer {
  /// Trains until the iterations are done, a rule of the run ends it, or a stop is requested.
  ///
  /// - Parameters:
  ///   - ranks: The processes that train together; each calls with the same arguments, and the
  ///     model that they write is the one that one process alone writes, byte for byte.
  ///   - start: The model whose digest is the hyperparameters' start; `nil` where they have none,
  ///     or the model directory holds a generation to go on with.
  /// - Throws: `.mismatch` where the model directory holds a model of other settings, `.output`
  ///   where another process trains into it, `.memory` where the budget does not suffice,
  ///   `.diverged` where the numbers do, `.usage` where there are more ranks than blocks; any
  ///   failure leaves the committed generations as they were, and a model that was begun with this
  ///   run and has none yet is removed.
  package static func run(
    _ partition: Partition, into model: ModelDirectory, hyperparameters: Hyperparameters,
    settings: TrainingSettings, ranks: Ranks = .alone, start: StartingModel? = nil,
    metric: HoldoutMetric? = nil, stop: StopRequest = StopRequest(),
    observe: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
  ) throws(Failure) -> TrainingEnd {
    let lock = ranks.speaks ? try model.lock() : nil
    defer { lock?.release() }
    do throws(Failure) {
      try requireOneDirectory(model, partition, ranks)
      try start?.check(hyperparameters, replacing: settings.fresh ? model : nil)
      let loop = try makeLoop(
        partition, model, hyperparameters, settings, ranks, start, metric, stop, observe)
      let end = try loop.run()
      if ranks.speaks, end == .stopped(saved: nil) { model.removeIfFruitless() }
      return end
    } catch {
      if ranks.speaks { model.removeIfFruitless() }
      throw error
    }
  }

  /// Opens the directory of a model to train it; the first rank makes it where it is missing.
  ///
  /// - Throws: As `ModelDirectory.openOrCreate`, or `.missingInput` on a rank that does not see
  ///   what the first one made.
  package static func openModel(
    _ path: String, _ ranks: Ranks, in fileSystem: any FileSystem
  ) throws(Failure) -> ModelDirectory {
    guard !ranks.speaks else {
      let model = try ModelDirectory.openOrCreate(path, in: fileSystem)
      _ = try ranks.spoken([])
      try ranks.meet()
      return model
    }
    _ = try ranks.spoken([])
    do throws(Failure) {
      let model = try ModelDirectory.open(path, in: fileSystem)
      try ranks.meet()
      return model
    } catch {
      guard error.code == .missingInput else { throw error }
      throw Failure(
        error.code, at: error.place, "is not there, though the first rank has made it",
        hint: "all ranks have to see the same directories")
    }
  }

  /// Refuses ranks that see another partition or another model directory than the first one.
  private static func requireOneDirectory(
    _ model: ModelDirectory, _ partition: Partition, _ ranks: Ranks
  ) throws(Failure) {
    guard !ranks.isAlone else { return }
    let digest = Array(partition.facts.digest.utf8)
    guard try ranks.spoken(digest) == digest else {
      throw Failure(
        .mismatch, at: partition.directory, "is another partition than the first rank reads",
        hint: "all ranks have to see the same directories")
    }
    let holder = try ranks.spoken(ranks.speaks ? model.lockHolder() : [])
    guard try model.lockHolder() == holder else {
      throw Failure(
        .mismatch, at: model.directory, "is another directory than the first rank trains into",
        hint: "all ranks have to see the same directories")
    }
    // What the first rank refuses now, and takes back, all have seen.
    try ranks.meet()
  }

  /// Prepares everything; what can be refused is, before anything is changed.
  private static func makeLoop(
    _ partition: Partition, _ model: ModelDirectory, _ hyperparameters: Hyperparameters,
    _ settings: TrainingSettings, _ ranks: Ranks, _ start: StartingModel?,
    _ metric: HoldoutMetric?, _ stop: StopRequest,
    _ observe: @escaping @Sendable (TrainingEvent) -> Void
  ) throws(Failure) -> TrainingLoop {
    let facts = partition.facts
    let kernels = try KernelSet.select(settings.instructionSet)
    try checkRules(settings.run, hyperparameters, facts, metric, ranks)
    if ranks.isAlone {
      // What one process takes is known before anything is read.
      _ = try TrainingMemory(
        partition, hyperparameters: hyperparameters, settings: settings,
        ranksHoldout: metric != nil, start: start)
    }
    let plan = try RankPlan(partition, hyperparameters, rank: ranks.rank, of: ranks.count)
    let holdout =
      hyperparameters.feedback == .explicit ? try partition.readHoldout() : HoldoutRatings()
    // Ids come and go before anything large is held.
    let survey = try plan.survey(holdout: holdout, workers: settings.workers)
    let memory = try TrainingMemory(
      partition, hyperparameters: hyperparameters, settings: settings,
      ranksHoldout: metric != nil, territory: survey.territory, rank: ranks.rank, start: start)
    if settings.fresh, ranks.speaks { try model.clear() }
    let source = RatingBlockSource(partition, survey, keeps: memory.keepsRatings)
    let begin = try Resumption.find(
      in: model, partition: facts, hyperparameters: hyperparameters, rules: settings.run,
      higherIsBetter: metric?.higherIsBetter ?? false, ranks: ranks, shares: plan.shares)
    if ranks.speaks {
      // A run that was killed while it pruned may have been the last with anything to write.
      try model.prune(keep: settings.run.keep, sparing: begin.best)
      try model.copyIds(from: partition)
    }
    let checkpointer = Checkpointer(
      model, partition: partition, hyperparameters: hyperparameters, rules: settings.run,
      ranks: ranks, shares: plan.shares,
      saved: begin.history.isEmpty ? nil : begin.history.count)
    let beginning = try begin.factors == nil ? beginning(start, partition, plan, ranks) : nil
    let learner = try makeLearner(
      source, hyperparameters: hyperparameters, kernels: kernels, workers: settings.workers,
      ranks: ranks, ownership: plan.ownership,
      factors: begin.factors ?? beginning?.map(\.table), isNew: beginning?.map(\.isNew))
    observe(
      .started(
        TrainingStart(
          completedIterations: begin.history.count, iterations: settings.run.iterations,
          instructionSet: kernels.instructionSet.rawValue, workers: settings.workers,
          userCount: facts.userCount, itemCount: facts.itemCount, ratingCount: facts.ratingCount,
          keepsRatings: memory.keepsRatings || learner.keepsRatings, refused: begin.refused,
          newRows: try newRows(beginning, ranks))))
    try checkpointer.mendLog(begin.history)
    return TrainingLoop(
      learner, rules: settings.run, ratingCount: facts.ratingCount,
      holdout: hyperparameters.feedback == .explicit
        ? HoldoutError(
          holdout, in: source.territory, ranks: ranks, kernels: kernels,
          workers: settings.workers) : nil,
      metric: metric, checkpointer: checkpointer, history: begin.history, stop: stop,
      observe: observe)
  }

  /// The rows that a model which is started from has of those that a rank owns; `nil` where the
  /// seed's are begun with.
  private static func beginning(
    _ start: StartingModel?, _ partition: Partition, _ plan: RankPlan, _ ranks: Ranks
  ) throws(Failure) -> PerSide<StartingRows>? {
    guard let start else { return nil }
    let digest = Array(start.digest.utf8)
    guard try ranks.spoken(digest) == digest else {
      throw Failure(
        .mismatch, setting: "start-from", "is another model than the first rank starts from",
        hint: "all ranks have to see the same directories")
    }
    return try PerSide { side throws(Failure) in
      try start.rows(side, plan.shares[side].indices, of: partition)
    }
  }

  /// How many rows of all ranks the start does not have; `nil` without one.
  private static func newRows(
    _ beginning: PerSide<StartingRows>?, _ ranks: Ranks
  ) throws(Failure) -> PerSide<Int>? {
    guard let beginning else { return nil }
    let counts = try ranks.totals(
      Side.allCases.map { side in beginning[side].isNew.count { $0 } })
    return PerSide(user: counts[0], item: counts[1])
  }

  /// Refuses rules that could never be met, rather than passing over them.
  private static func checkRules(
    _ rules: RunSettings, _ hyperparameters: Hyperparameters, _ facts: PartitionFacts,
    _ metric: HoldoutMetric?, _ ranks: Ranks
  ) throws(Failure) {
    guard metric == nil || ranks.isAlone else {
      // It ranks all items for each user, and no rank holds all items.
      throw Failure(
        .usage, setting: "holdout-metric", "is not measured on several ranks",
        hint: "leave it out, or train in one process")
    }
    if rules.patience != nil || rules.holdoutMetric != nil, facts.holdout == nil {
      throw Failure(
        .usage, setting: rules.patience != nil ? "patience" : "holdout-metric",
        "the partition has no hold-out to watch", hint: "partition with --holdout 0.1")
    }
    guard hyperparameters.feedback != .explicit else { return }
    if rules.stopAtLoss != nil {
      throw Failure(.usage, setting: "stop-at-loss", "implicit feedback has no such error")
    }
    if rules.patience != nil, metric == nil {
      throw Failure(
        .usage, setting: "patience", "implicit feedback has nothing to watch but a ranking metric",
        hint: "watch one, as ndcg@20")
    }
  }
}

extension TrainingLoop {
  /// A run whose factors are not written down: a point of a cross-validation.
  ///
  /// - Parameter start: Factors to begin with, which are overwritten; `nil` for those of the seed.
  package static func inMemory(
    _ source: RatingBlockSource, hyperparameters: Hyperparameters, rules: RunSettings,
    kernels: KernelSet, workers: Int, from start: PerSide<FactorTable>? = nil, stop: StopRequest
  ) throws(Failure) -> TrainingLoop {
    TrainingLoop(
      try makeLearner(
        source, hyperparameters: hyperparameters, kernels: kernels, workers: workers,
        factors: start),
      rules: rules, ratingCount: source.ratingCount, stop: stop)
  }
}
