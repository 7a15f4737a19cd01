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
  /// - Throws: `.mismatch` where the model directory holds a model of other settings, `.output`
  ///   where another process trains into it, `.memory` where the budget does not suffice,
  ///   `.diverged` where the numbers do; any failure leaves the committed generations as they were,
  ///   and a model that was begun with this run and has none yet is removed.
  package static func run(
    _ partition: Partition, into model: ModelDirectory, hyperparameters: Hyperparameters,
    settings: TrainingSettings, exchange: any FactorExchange = SharedMemoryExchange(),
    metric: HoldoutMetric? = nil, stop: StopRequest = StopRequest(),
    observe: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
  ) throws(Failure) -> TrainingEnd {
    let lock = try model.lock()
    defer { lock.release() }
    do throws(Failure) {
      let loop = try makeLoop(
        partition, model, hyperparameters, settings, exchange, metric, stop, observe)
      let end = try loop.run()
      if end == .stopped(saved: nil) { model.removeIfFruitless() }
      return end
    } catch {
      model.removeIfFruitless()
      throw error
    }
  }

  /// Prepares everything; what can be refused is, before anything is changed.
  private static func makeLoop(
    _ partition: Partition, _ model: ModelDirectory, _ hyperparameters: Hyperparameters,
    _ settings: TrainingSettings, _ exchange: any FactorExchange, _ metric: HoldoutMetric?,
    _ stop: StopRequest, _ observe: @escaping @Sendable (TrainingEvent) -> Void
  ) throws(Failure) -> TrainingLoop {
    let facts = partition.facts
    let kernels = try KernelSet.select(settings.instructionSet)
    try checkRules(settings.run, hyperparameters, facts, metric)
    let memory = try TrainingMemory(
      partition, hyperparameters: hyperparameters, settings: settings,
      ranksHoldout: metric != nil)
    if settings.fresh { try model.clear() }
    // Ids come and go before anything large is held.
    let source = try RatingBlockSource(partition, keeps: memory.keepsRatings)
    let begin = try Resumption.find(
      in: model, partition: facts, hyperparameters: hyperparameters, rules: settings.run,
      higherIsBetter: metric?.higherIsBetter ?? false)
    // A run that was killed while it pruned may have been the last with anything to write.
    try model.prune(keep: settings.run.keep, sparing: begin.best)
    try model.copyIds(from: partition)
    let holdout =
      hyperparameters.feedback == .explicit
      ? HoldoutError(
        ratings: try partition.readHoldout(), kernels: kernels, workers: settings.workers) : nil
    let checkpointer = Checkpointer(
      model, partition: partition, hyperparameters: hyperparameters, rules: settings.run,
      saved: begin.history.isEmpty ? nil : begin.history.count)
    let learner = try makeLearner(
      source, hyperparameters: hyperparameters, kernels: kernels, workers: settings.workers,
      exchange: exchange, factors: begin.factors)
    observe(
      .started(
        TrainingStart(
          completedIterations: begin.history.count, iterations: settings.run.iterations,
          instructionSet: kernels.instructionSet.rawValue, workers: settings.workers,
          userCount: facts.userCount, itemCount: facts.itemCount, ratingCount: facts.ratingCount,
          keepsRatings: memory.keepsRatings || learner.keepsRatings, refused: begin.refused)))
    try checkpointer.mendLog(begin.history)
    return TrainingLoop(
      learner, rules: settings.run, ratingCount: facts.ratingCount, holdout: holdout,
      metric: metric, checkpointer: checkpointer, history: begin.history, stop: stop,
      observe: observe)
  }

  /// Refuses rules that could never be met, rather than passing over them.
  private static func checkRules(
    _ rules: RunSettings, _ hyperparameters: Hyperparameters, _ facts: PartitionFacts,
    _ metric: HoldoutMetric?
  ) throws(Failure) {
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
        exchange: SharedMemoryExchange(), factors: start),
      rules: rules, ratingCount: source.ratingCount, stop: stop)
  }
}
