import BlockMatrix
import BlockStore
import Training
import Workers

/// Shows a training run: a live line on a terminal, elsewhere one line an iteration.
final class TrainingProgress: Sendable {
  private struct State {
    var start: TrainingStart?
    var phase: PhaseReport?
    var iteration: IterationReport?
    var committed: Int?
    /// Seconds and number of the iterations of this run.
    var seconds = 0.0
    var iterationCount = 0
    var phaseBegan = ContinuousClock.now
    let began = ContinuousClock.now
  }

  private let state = Locked(State())
  private let line: LiveLine

  init(line: LiveLine = LiveLine()) { self.line = line }

  func show(_ event: TrainingEvent) {
    state.withLock { state in
      switch event {
      case .started(let start):
        state.start = start
        for refused in start.refused {
          line.print("blockals: warning: passed over a damaged generation: \(refused.failure)")
        }
        line.print(Self.describe(start))
        if let new = start.newRows { line.print(Self.describe(new, start)) }
      case .progress(let progress):
        line.update(Self.describe(progress, state))
      case .phase(let report):
        state.phase = report
        state.phaseBegan = .now
        if let note = Self.describeEffort(report) { line.print(note) }
      case .iteration(let report):
        state.iteration = report
        state.seconds += report.seconds
        state.iterationCount += 1
        line.print(Self.describe(report, state.start))
      case .committed(let generation):
        state.committed = generation
      }
    }
  }

  /// What to say when training has finished.
  func summary(model: String, iteration: Int, best: Int?) -> TrainingSummary {
    state.withLock { state in
      TrainingSummary(
        model: model, iteration: iteration, best: best, last: state.iteration,
        generation: state.committed ?? iteration, seconds: state.began.seconds)
    }
  }

  private static func describe(_ start: TrainingStart) -> String {
    let from =
      start.completedIterations == 0
      ? "" : "going on after iteration \(start.completedIterations): "
    return from
      + "\(start.ratingCount.grouped) ratings, \(start.userCount.grouped) users,"
      + " \(start.itemCount.grouped) items; \(start.workers) workers, \(start.instructionSet),"
      + " ratings \(start.keepsRatings ? "kept in memory" : "read in each phase")"
  }

  /// What a model that is started from knows of the rows.
  private static func describe(_ new: PerSide<Int>, _ start: TrainingStart) -> String {
    let counts = PerSide(user: start.userCount, item: start.itemCount)
    let shares = Side.allCases.map { side in
      "\((counts[side] - new[side]).grouped) of \(counts[side].grouped) \(side.plural)"
    }
    return "started from a model that knows \(shares.joined(separator: " and "))"
      + (new.user + new.item == 0 ? "" : "; the others are folded in")
  }

  /// Says which rows were not solved as all others are; `nil` where all were.
  static func describeEffort(_ report: PhaseReport) -> String? {
    let rows = "\(report.side?.rawValue ?? "") rows"
    var parts: [String] = []
    if report.fallbackRows > 0 {
      parts.append("\(report.fallbackRows.grouped) \(rows) were singular and got a larger λ")
    }
    if report.doubleRows > 0 {
      parts.append(
        "\(report.doubleRows.grouped) \(rows) were ill-conditioned and solved in double precision")
    }
    guard !parts.isEmpty else { return nil }
    let kind = report.fallbackRows > 0 ? "warning" : "note"
    return "blockals: \(kind): iteration \(report.iteration): " + parts.joined(separator: ", ")
  }

  private static func describe(_ progress: PhaseProgress, _ state: State) -> String {
    let share = progress.ratingCount > 0 ? progress.ratingsDone * 100 / progress.ratingCount : 100
    let seconds = max(state.phaseBegan.seconds, 1e-3)
    var text =
      "iteration \(progress.iteration)/\(state.start?.iterations ?? 0)"
      + " · \(progress.side?.plural ?? "ratings") \(share)%"
      + " · \((Double(progress.ratingsDone) / seconds / 1e6).short) M ratings/s"
    if let phase = state.phase {
      text +=
        " · objective \(phase.objective.short)" + (phase.rmse.map { " · rmse \($0.short)" } ?? "")
    }
    if state.iterationCount > 0, let start = state.start {
      let left = start.iterations - start.completedIterations - state.iterationCount
      let each = state.seconds / Double(state.iterationCount)
      text += " · \(LiveLine.duration(each * Double(left))) left"
    }
    return text
  }

  private static func describe(_ report: IterationReport, _ start: TrainingStart?) -> String {
    let ratings = Double(start?.ratingCount ?? 0) * 2
    return "iteration \(report.iteration)/\(start?.iterations ?? 0)"
      + "  objective \(report.record.objective.short)"
      + (report.record.rmse.map { "  rmse \($0.short)" } ?? "")
      + (report.record.holdoutRmse.map { "  hold-out rmse \($0.short)" } ?? "")
      + (report.record.holdoutMetric.map { "  hold-out metric \($0.short)" } ?? "")
      + "  \(report.seconds.short) s"
      + "  \((ratings / max(report.seconds, 1e-9) / 1e6).short) M ratings/s"
  }
}

extension Failure {
  /// What is said of a training that was asked to stop.
  static func stopped(saved generation: Int?, in model: String) -> Failure {
    Failure(
      .stopped,
      generation.map { "generation \(GenerationName.of($0)) is saved in \(model)" }
        ?? "no iteration was complete yet",
      hint: "run the same command again to go on")
  }
}

/// The result of a training run.
struct TrainingSummary: Report {
  let model: String
  let iteration: Int
  /// The iteration that did best on the hold-out, where that was watched.
  let best: Int?
  let last: IterationReport?
  let generation: Int
  let seconds: Double

  var text: String {
    guard let last else {
      return iteration == 1
        ? "\(model): its iteration was done already\n"
        : "\(model): all \(iteration) iterations were done already\n"
    }
    let iterations = iteration == 1 ? "1 iteration" : "\(iteration) iterations"
    return "\(model): \(iterations), objective \(last.record.objective.short)"
      + (last.record.rmse.map { ", rmse \($0.short)" } ?? "")
      + (last.record.holdoutRmse.map { ", hold-out rmse \($0.short)" } ?? "")
      + (best.map { "; best on the hold-out: generation \(GenerationName.of($0))" } ?? "")
      + ", \(seconds.short) s\n"
  }

  var json: JSONText {
    .object([
      ("model", .string(model)), ("iteration", .int(iteration)),
      ("generation", .string(GenerationName.of(generation))),
      ("bestGeneration", best.map { .string(GenerationName.of($0)) } ?? .null),
      ("objective", .number(last?.record.objective)),
      ("rmse", .number(last?.record.rmse)), ("holdoutRmse", .number(last?.record.holdoutRmse)),
      ("seconds", .seconds(seconds)),
    ])
  }
}
