import BlockMatrix
import BlockStore
import FactorExchange
import Kernels
import LeastSquares
import Workers

/// How a training run ended.
package enum TrainingEnd: Sendable, Equatable {
  /// All iterations are done, or the objective has settled.
  ///
  /// `best` is the iteration that did best on the hold-out, where that decides when to stop.
  case finished(iteration: Int, best: Int?)
  /// Stopped on request; nothing is lost but the iterations after the saved generation.
  case stopped(saved: Int?)
}

/// The coordinator: drives the phases, writes generations and the log, stops.
package final class Trainer {
  private let partition: Partition
  private let model: ModelDirectory
  private let hyperparameters: Hyperparameters
  private let settings: TrainingSettings
  private let stop: StopRequest
  private let observe: @Sendable (TrainingEvent) -> Void

  private let learner: Learner
  /// Nothing for implicit feedback, which predicts no ratings.
  private let holdout: HoldoutError?
  private let metric: HoldoutMetric?
  private let checkpointer: Checkpointer
  private let log: TrainingLog
  private let start: TrainingStart
  /// What each iteration so far came to, those of earlier runs included.
  private var history: [IterationRecord]
  /// The newest generation that is known to be committed.
  private var saved: Int?

  /// Trains until the iterations are done, the objective settles, or a stop is requested.
  ///
  /// - Throws: `.mismatch` where the model directory holds a model of other settings, `.output`
  ///   where another process trains into it, `.memory` where the budget does not suffice; any
  ///   failure leaves the committed generations as they were, and a model that was begun with this
  ///   run and has none yet is removed.
  package static func run(
    _ partition: Partition, into model: ModelDirectory, hyperparameters: Hyperparameters,
    settings: TrainingSettings, exchange: any FactorExchange = SharedMemoryExchange(),
    metric: HoldoutMetric? = nil, stop: StopRequest = StopRequest(),
    observe: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
  ) throws(Failure) -> TrainingEnd {
    let lock = try model.lock()
    defer { lock.release() }
    do throws(Failure) {
      let end = try run(
        partition, lockedModel: model, hyperparameters, settings, exchange, metric, stop, observe)
      if end == .stopped(saved: nil) { model.removeIfFruitless() }
      return end
    } catch {
      model.removeIfFruitless()
      throw error
    }
  }

  private static func run(
    _ partition: Partition, lockedModel model: ModelDirectory,
    _ hyperparameters: Hyperparameters, _ settings: TrainingSettings,
    _ exchange: any FactorExchange, _ metric: HoldoutMetric?, _ stop: StopRequest,
    _ observe: @escaping @Sendable (TrainingEvent) -> Void
  ) throws(Failure) -> TrainingEnd {
    if settings.fresh { try model.clear() }
    let resumption = try Resumption.find(
      in: model, partition: partition.facts, hyperparameters: hyperparameters,
      iterations: settings.iterations)
    // A run that was killed while it pruned may have been the last with anything to write.
    try model.prune(keep: settings.keep)
    let trainer = try Trainer(
      partition, model, hyperparameters, settings, exchange, metric, stop, observe,
      resumption)
    return try trainer.run()
  }

  private init(
    _ partition: Partition, _ model: ModelDirectory, _ hyperparameters: Hyperparameters,
    _ settings: TrainingSettings, _ exchange: any FactorExchange, _ metric: HoldoutMetric?,
    _ stop: StopRequest, _ observe: @escaping @Sendable (TrainingEvent) -> Void,
    _ resumption: Resumption
  ) throws(Failure) {
    let facts = partition.facts
    let kernels = try KernelSet.select(settings.instructionSet)
    let plan = try MemoryPlan(
      facts, hyperparameters: hyperparameters, settings: settings,
      solverBytes: PhaseSolver.workingByteCount(
        hyperparameters, rowCount: max(partition.facts.userCount, partition.facts.itemCount),
        workers: settings.workers))
    learner = try Learner(
      RatingBlockSource(partition, keeps: plan.keepsRatings), hyperparameters: hyperparameters,
      kernels: kernels, workers: settings.workers, exchange: exchange,
      factors: resumption.factors)
    if hyperparameters.feedback == .explicit {
      holdout = HoldoutError(
        ratings: try partition.readHoldout(), kernels: kernels, workers: settings.workers)
    } else {
      holdout = nil
    }
    if settings.stopping.patience != nil, facts.holdout == nil {
      throw Failure(
        .usage, at: "--patience", "the partition has no hold-out to watch",
        hint: "partition with --holdout 0.1")
    }
    checkpointer = Checkpointer(model, grids: facts.grids, keep: settings.keep)
    log = TrainingLog(model: model)
    start = TrainingStart(
      completedIterations: resumption.completedIterations, iterations: settings.iterations,
      instructionSet: kernels.instructionSet.rawValue, workers: settings.workers,
      userCount: facts.userCount, itemCount: facts.itemCount, ratingCount: facts.ratingCount,
      keepsRatings: plan.keepsRatings || learner.keepsRatings, refused: resumption.refused)
    history = resumption.history
    saved = resumption.completedIterations > 0 ? resumption.completedIterations : nil
    self.partition = partition
    self.model = model
    self.hyperparameters = hyperparameters
    self.settings = settings
    self.metric = metric
    self.stop = stop
    self.observe = observe
  }

  private func run() throws(Failure) -> TrainingEnd {
    observe(.started(start))
    try model.copyIds(from: partition)
    try log.cut(after: history.count)
    do {
      while !isDone {
        guard try iterate(history.count + 1) else {
          checkpointer.abandonDraft()
          try settle()
          return .stopped(saved: saved)
        }
      }
      try finish()
      return .finished(iteration: history.count, best: best)
    } catch {
      // What is on its way to the disk may still become complete; then it counts.
      checkpointer.abandonDraft()
      _ = try? checkpointer.settle()
      throw error
    }
  }

  private var isDone: Bool {
    settings.stopping.areMet(
      history, ratingCount: partition.facts.ratingCount,
      higherIsBetter: metric?.higherIsBetter ?? false)
  }

  /// One iteration; false where a stop request came in between.
  private func iterate(_ iteration: Int) throws(Failure) -> Bool {
    let clock = ContinuousClock.now
    let isDue = iteration % settings.checkpointInterval == 0 || iteration == settings.iterations
    let outcome: IterationOutcome?
    switch learner {
    case .alternating(let learner): outcome = try alternate(learner, iteration, isDue: isDue)
    case .stochastic(let learner): outcome = try descend(learner, iteration, isDue: isDue)
    }
    guard let outcome else { return false }
    let holdoutRmse = try holdout?.rmse(learner.factors, mean: Float(learner.mean))
    let holdoutMetric = try metric?.measure(learner.factors, learner.mean)
    history.append(
      IterationRecord(
        objective: outcome.objective, rmse: outcome.rmse, holdoutRmse: holdoutRmse,
        holdoutMetric: holdoutMetric))
    // The next item phase overwrites the items: they have to be written by then.
    try checkpointer.itemsWritten()
    let report = IterationReport(
      iteration: iteration, objective: outcome.objective, rmse: outcome.rmse,
      holdoutRmse: holdoutRmse, holdoutMetric: holdoutMetric, seconds: clock.seconds,
      generation: isDue ? iteration : nil)
    try log.append(report)
    observe(.iteration(report))
    if isDue { checkpointer.commit(users: learner.factors.user, facts: generationFacts) }
    return true
  }

  /// Solves the items, then the users; nothing where a stop request came in between.
  private func alternate(
    _ learner: AlternatingLearner, _ iteration: Int, isDue: Bool
  ) throws(Failure) -> IterationOutcome? {
    guard try solve(.item, learner, iteration) != nil else { return nil }
    // The user phase overwrites the users of the last generation: they must be written by now.
    try settle()
    if isDue { try checkpointer.begin(iteration, items: learner.factors.item) }
    return try solve(.user, learner, iteration).map {
      IterationOutcome(objective: $0.objective, rmse: $0.rmse)
    }
  }

  /// An epoch; nothing where a stop request came in between.
  private func descend(
    _ learner: StochasticLearner, _ iteration: Int, isDue: Bool
  ) throws(Failure) -> IterationOutcome? {
    // Each step moves both sides: nothing can be written meanwhile.
    try settle()
    let outcome = try learner.run(epoch: iteration, stop: stop)
    if isDue, outcome != nil { try checkpointer.begin(iteration, items: learner.factors.item) }
    return outcome
  }

  private func solve(
    _ side: Side, _ learner: AlternatingLearner, _ iteration: Int
  ) throws(Failure) -> PhaseReport? {
    let observe = observe
    let report = try learner.solve(
      side, iteration: iteration, stop: stop, progress: { observe(.progress($0)) })
    guard let report else { return nil }
    try log.append(report)
    observe(.phase(report))
    return report
  }

  /// Sees to it that the last iteration is a generation, and that it is on the disk.
  private func finish() throws(Failure) {
    try settle()
    guard saved != history.count else { return }
    try checkpointer.begin(history.count, items: learner.factors.item)
    checkpointer.commit(users: learner.factors.user, facts: generationFacts)
    try settle()
  }

  private func settle() throws(Failure) {
    guard let committed = try checkpointer.settle() else { return }
    saved = committed
    observe(.committed(generation: committed))
  }

  /// The iteration that did best on the hold-out, where that decides when to stop.
  private var best: Int? {
    guard settings.stopping.patience != nil else { return nil }
    return StoppingRules.best(history, higherIsBetter: metric?.higherIsBetter ?? false)
  }

  private var generationFacts: GenerationFacts {
    GenerationFacts(
      iteration: history.count, phase: .user, hyperparameters: hyperparameters,
      partition: partition, history: history, plannedIterations: settings.iterations,
      mean: hyperparameters.hasBias ? learner.mean : nil, best: best)
  }
}
