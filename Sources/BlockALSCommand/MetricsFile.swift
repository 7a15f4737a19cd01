import BlockMatrix
import BlockStore
import Training
import Workers

/// The state of a training in the text format of Prometheus, in a file that its node exporter
/// reads.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/
final class MetricsFile: Sendable {
  private struct State {
    var start: TrainingStart?
    var phases: [String: PhaseReport] = [:]
    var iteration: IterationReport?
    var generation: Int?
    var isRunning = true
    /// When the file was written last.
    var written: ContinuousClock.Instant?
    /// The first thing that went wrong; the training goes on.
    var failure: Failure?
  }

  private let file: RenewedFile
  private let labels: String
  private let state = Locked(State())
  private static let beginning = "# HELP blockals_running "

  /// - Parameter model: The model's directory, a label of every value.
  /// - Throws: `.output` where something else has the name.
  init(_ path: String, model: String, in fileSystem: any FileSystem) throws(Failure) {
    file = try RenewedFile(path, beginning: Self.beginning, in: fileSystem)
    labels = "model=\"\(Self.escaped(Path.absolute(model)))\""
  }

  func show(_ event: TrainingEvent) {
    state.withLock { state in
      switch event {
      case .started(let start): state.start = start
      case .progress: return
      case .phase(let report): state.phases[report.side?.rawValue ?? "both"] = report
      case .iteration(let report): state.iteration = report
      case .committed(let generation): state.generation = generation
      }
      if let written = state.written, written.seconds < 1 { return }
      write(&state)
    }
  }

  /// Writes the last state, where training has begun.
  ///
  /// - Throws: What the disk has reported, now or before.
  func finish() throws(Failure) {
    try state.withLock { state throws(Failure) in
      guard state.start != nil else { return }
      state.isRunning = false
      write(&state)
      if let failure = state.failure { throw failure }
    }
  }

  private func write(_ state: inout State) {
    guard state.failure == nil else { return }
    do throws(Failure) { try file.write(Array(text(state).utf8)) } catch { state.failure = error }
    state.written = .now
  }

  private func text(_ state: State) -> String {
    var text = ""
    func gauge(_ name: String, _ help: String, _ values: [(labels: String, value: Double?)]) {
      let values = values.filter { $0.value != nil }
      guard !values.isEmpty else { return }
      text += "# HELP blockals_\(name) \(help)\n# TYPE blockals_\(name) gauge\n"
      for (more, value) in values {
        text += "blockals_\(name){\(labels)\(more)} \(JSONText.digits(value ?? 0))\n"
      }
    }
    func gauge(_ name: String, _ help: String, _ value: Double?) {
      gauge(name, help, [("", value)])
    }
    let (start, last) = (state.start, state.iteration)
    gauge("running", "Whether the training runs (1) or has ended (0).", state.isRunning ? 1 : 0)
    gauge("iterations_planned", "Iterations asked for.", start.map { Double($0.iterations) })
    gauge(
      "iterations", "Completed iterations.",
      (last?.iteration ?? start?.completedIterations).map { Double($0) })
    gauge(
      "generation", "The newest generation that this run has committed.",
      state.generation.map { Double($0) })
    gauge("ratings", "Training ratings.", start.map { Double($0.ratingCount) })
    gauge("workers", "Threads that solve.", start.map { Double($0.workers) })
    gauge("objective", "The objective after the last iteration.", last?.record.objective)
    gauge("rmse", "The training error after the last iteration.", last?.record.rmse)
    gauge("holdout_rmse", "The error on the hold-out.", last?.record.holdoutRmse)
    gauge("holdout_metric", "The watched metric on the hold-out.", last?.record.holdoutMetric)
    gauge("iteration_seconds", "Wall time of the last iteration.", last?.seconds)
    let phases = ["item", "user", "both"].compactMap { side in
      state.phases[side].map { (",side=\"\(side)\"", $0) }
    }
    gauge(
      "phase_seconds", "Wall time of the last phase of a side.",
      phases.map { ($0.0, $0.1.seconds) })
    gauge(
      "phase_ratings_per_second", "Ratings that the last phase of a side went through in a second.",
      phases.map { ($0.0, Double($0.1.ratings) / max($0.1.seconds, 1e-9)) })
    gauge(
      "phase_loss_percent", "The share of the workers' time that neither solved nor read.",
      phases.map { ($0.0, $0.1.workerTime.loss(ofPhase: $0.1.seconds)) })
    return text
  }

  private static func escaped(_ label: String) -> String {
    visible(label).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      .replacing("\n", with: "\\n")
  }
}
