import BlockMatrix
import BlockStore
import Workers

/// How a training run ended.
package enum TrainingEnd: Sendable, Equatable {
  /// All iterations are done, or a rule of the run ended it before.
  ///
  /// `best` is the iteration that did best on the hold-out, where that decides when to stop.
  case finished(iteration: Int, best: Int?)
  /// Stopped on request; nothing is lost but the iterations after the saved generation.
  case stopped(saved: Int?)
}

/// The coordinator: drives a learner, phase after phase, until the rules of the run end it.
///
/// The only loop there is. With a checkpointer a run is written down and goes on after any
/// interruption; without, as in a cross-validation, it leaves its factors in memory.
package final class TrainingLoop {
  package let learner: any Learner
  /// What each iteration so far came to, those of earlier runs included.
  package private(set) var history: [IterationRecord]

  private let rules: RunSettings
  private let ratingCount: Int
  /// `nil` for implicit feedback, which predicts no ratings.
  private let holdout: HoldoutError?
  private let metric: HoldoutMetric?
  private let checkpointer: Checkpointer?
  private let stop: StopRequest
  private let trace: Trace?
  private let observe: @Sendable (TrainingEvent) -> Void
  private var higherIsBetter: Bool { metric?.higherIsBetter ?? false }

  init(
    _ learner: any Learner, rules: RunSettings, ratingCount: Int, holdout: HoldoutError? = nil,
    metric: HoldoutMetric? = nil, checkpointer: Checkpointer? = nil,
    history: [IterationRecord] = [], stop: StopRequest, trace: Trace? = nil,
    observe: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
  ) {
    self.learner = learner
    self.rules = rules
    self.ratingCount = ratingCount
    self.holdout = holdout
    self.metric = metric
    self.checkpointer = checkpointer
    self.history = history
    self.stop = stop
    self.trace = trace
    self.observe = observe
  }

  /// - Throws: `.diverged` where a number is not finite any more; whatever the disk reports. What
  ///   is committed stays.
  package func run() throws(Failure) -> TrainingEnd {
    do throws(Failure) {
      while !rules.areMet(history, ratingCount: ratingCount, higherIsBetter: higherIsBetter) {
        guard try iterate(history.count + 1) else {
          checkpointer?.abandonDraft()
          try settle()
          return .stopped(saved: checkpointer?.saved)
        }
      }
      try finish()
      return .finished(iteration: history.count, best: best)
    } catch {
      // What is on its way to the disk may still become complete; then it counts.
      checkpointer?.abandonDraft()
      _ = try? checkpointer?.settle()
      throw error
    }
  }

  /// One iteration; false where a stop request came in between.
  private func iterate(_ iteration: Int) throws(Failure) -> Bool {
    let clock = ContinuousClock.now
    let isDue = iteration % rules.checkpointInterval == 0 || iteration == rules.iterations
    var last: PhaseReport?
    for (phase, sides) in learner.phases.enumerated() {
      if sides.contains(.item) { try checkpointer?.itemsWritten() }
      if sides.contains(.user) { try settle() }
      guard let report = try run(phase, of: iteration) else { return false }
      last = report
      // The items stand still from here to the next iteration: they can be written. Not before the
      // last generation is settled, whose pruning takes what is unfinished for left over.
      if isDue, phase == learner.phases.lastIndex(where: { $0.contains(.item) }) {
        try settle()
        try checkpointer?.begin(iteration, items: learner.factors.item)
      }
    }
    guard let last else { return false }
    let record = try measured(last)
    history.append(record)
    let report = IterationReport(
      iteration: iteration, record: record, seconds: clock.seconds,
      generation: isDue && checkpointer != nil ? iteration : nil)
    try checkpointer?.append(report.json)
    observe(.iteration(report))
    if isDue { commit() }
    return true
  }

  private func run(_ phase: Int, of iteration: Int) throws(Failure) -> PhaseReport? {
    let observe = observe
    let sides = learner.phases[phase].map(\.plural).joined(separator: " and ")
    let report = try trace.record("iteration \(iteration): \(sides)", in: .phases) {
      () throws(Failure) in
      try learner.run(
        phase: phase, of: iteration, stop: stop, trace: trace, progress: { observe(.progress($0)) })
    }
    guard let report else { return nil }
    try require(report.objective, "objective", in: iteration)
    try checkpointer?.append(report.json)
    observe(.phase(report))
    return report
  }

  /// What an iteration came to, with what the hold-out says of it.
  private func measured(_ report: PhaseReport) throws(Failure) -> IterationRecord {
    let record = try trace.record("hold-out", in: .phases) { () throws(Failure) in
      IterationRecord(
        objective: report.objective, rmse: report.rmse,
        holdoutRmse: try holdout?.rmse(
          users: learner.factors.user, items: learner.referredItems, mean: Float(learner.mean)),
        holdoutMetric: try metric?.measure(learner.factors, learner.mean))
    }
    for value in [record.holdoutRmse, record.holdoutMetric] {
      if let value { try require(value, "hold-out's measure", in: report.iteration) }
    }
    return record
  }

  /// Nothing that is not finite is stored, printed or gone on from.
  private func require(_ value: Double, _ what: String, in iteration: Int) throws(Failure) {
    guard !value.isFinite else { return }
    let kept = checkpointer?.saved.map { "; generation \(GenerationName.of($0)) is kept" } ?? ""
    throw Failure(
      .diverged, at: "iteration \(iteration)",
      "training diverged: the \(what) is no finite number\(kept)", hint: learner.divergenceHint)
  }

  /// Sees to it that the last iteration is a generation, and that it is on the disk.
  private func finish() throws(Failure) {
    try settle()
    guard let checkpointer, checkpointer.saved != history.count else { return }
    try checkpointer.begin(history.count, items: learner.factors.item)
    commit()
    try settle()
  }

  private func commit() {
    checkpointer?.commit(
      users: learner.factors.user, mean: learner.factors.user.hasBias ? learner.mean : nil,
      history: history, best: best)
  }

  private func settle() throws(Failure) {
    guard let committed = try checkpointer?.settle() else { return }
    observe(.committed(generation: committed))
  }

  private var best: Int? { rules.best(history, higherIsBetter: higherIsBetter) }
}
