import BlockMatrix
import BlockStore
import Training

// How training went: a figure for each thing that it reports.
extension ModelPage {
  var trainingFigures: [Markup] {
    [objectiveFigure, errorFigure, metricFigure, secondsFigure, workerFigure]
      .compactMap { $0?.markup }
  }

  /// A value of each iteration that has one; its title has all digits, as the log.
  private func series(
    _ name: String, _ value: (IterationRecord) -> Double?
  ) -> Series {
    var series = Series(name: name)
    for (number, record) in zip(1..., facts.history) {
      guard let value = value(record) else { continue }
      series.points.append(
        (number, value, "iteration \(number): \(name) \(JSONText.digits(value))"))
    }
    return series
  }

  private var objectiveFigure: PageFigure? {
    figure(
      "objective", "Objective", [series("objective") { $0.objective }], "What training minimises.")
  }

  private var errorFigure: PageFigure? {
    let all = [series("RMSE") { $0.rmse }, series("hold-out RMSE") { $0.holdoutRmse }]
      .filter { !$0.points.isEmpty }
    return figure(
      "rmse", "Root mean squared error", all,
      names: all.map { $0.name == "RMSE" ? "training" : "hold-out" })
  }

  private var metricFigure: PageFigure? {
    figure("metric", "\(metricName) on the hold-out", [series(metricName) { $0.holdoutMetric }])
  }

  private func figure(
    _ id: String, _ caption: String, _ series: [Series], _ note: String = "", names: [String] = []
  ) -> PageFigure? {
    guard let plot = Plot.lines(series, over: "iteration") else { return nil }
    let first = Plot.beginning(of: series)
    let beyond =
      first == 1
      ? ""
      : first == 2
        ? "Iteration 1 lies beyond the plot." : "Iterations 1 to \(first - 1) lie beyond the plot."
    return PageFigure(
      id, caption, plot, names: names,
      note: [note, beyond].filter { !$0.isEmpty }.joined(separator: " "))
  }

  private var secondsFigure: PageFigure? {
    var all = ["items", "users", "ratings"].map { Series(name: $0) }
    var sums: [Int: Double] = [:]
    for phase in log.phases {
      guard let seconds = phase.seconds,
        let place = all.firstIndex(where: { $0.name == phase.name })
      else { continue }
      sums[phase.iteration, default: 0] += seconds
      all[place].points.append(
        (
          phase.iteration, seconds,
          "iteration \(phase.iteration): \(phase.name) \(JSONText.seconds(seconds).text) s"
        ))
    }
    var rest = Series(name: "between")
    for iteration in 1...max(1, facts.iteration) {
      guard let phases = sums[iteration], let whole = log.seconds(ofIteration: iteration) else {
        continue
      }
      let left = max(0, whole - phases)
      rest.points.append(
        (
          iteration, left,
          "iteration \(iteration): between the phases \(JSONText.seconds(left).text) s"
        ))
    }
    let shown = (all + [rest]).filter { !$0.points.isEmpty }
    guard let plot = Plot.bars(shown, over: "iteration") else { return nil }
    return PageFigure(
      "seconds", "Seconds by phase", plot, names: shown.map(\.name),
      note: rest.points.isEmpty ? "" : "Between the phases: checkpoints and the hold-out.")
  }

  private var workerFigure: PageFigure? {
    var all = ["solving", "reading", "waiting"].map { Series(name: $0) }
    var times: [Int: (solving: Double, reading: Double, all: Double)] = [:]
    var workers = 0
    for phase in log.phases {
      guard let time = phase.workerTime, let seconds = phase.seconds else { continue }
      let sum = times[phase.iteration] ?? (0, 0, 0)
      times[phase.iteration] = (
        sum.solving + time.solving, sum.reading + time.reading,
        sum.all + seconds * Double(time.workers)
      )
      workers = max(workers, time.workers)
    }
    for iteration in times.keys.sorted() {
      guard let time = times[iteration], time.all > 0 else { continue }
      let waiting = max(0, time.all - time.solving - time.reading)
      for (place, part) in [time.solving, time.reading, waiting].enumerated() {
        let share = ((part / time.all) * 1000).rounded() / 10
        all[place].points.append(
          (
            iteration, part,
            "iteration \(iteration): \(all[place].name) \(JSONText.seconds(part).text) s, "
              + "\(share) %"
          ))
      }
    }
    guard let plot = Plot.bars(all, over: "iteration") else { return nil }
    return PageFigure(
      "workers", "Worker time", plot, names: all.map(\.name),
      note: "Seconds of \(workers == 1 ? "1 worker" : "all \(workers) workers") in the phases.")
  }

  /// All numbers of the figures, to be read and copied.
  var iterationTable: Markup {
    var header = ["iteration", "objective"]
    let hasError = facts.history.contains { $0.rmse != nil }
    let hasHoldout = facts.history.contains { $0.holdoutRmse != nil }
    let hasMetric = facts.history.contains { $0.holdoutMetric != nil }
    header += (hasError ? ["RMSE"] : []) + (hasHoldout ? ["hold-out RMSE"] : [])
    header += (hasMetric ? [metricName] : []) + ["seconds"]
    var table = PageTable("iterations", header)
    for (number, record) in zip(1..., facts.history) {
      func digits(_ value: Double?) -> String { value.map { JSONText.digits($0) } ?? "–" }
      table.add(
        [String(number), digits(record.objective)]
          + (hasError ? [digits(record.rmse)] : [])
          + (hasHoldout ? [digits(record.holdoutRmse)] : [])
          + (hasMetric ? [digits(record.holdoutMetric)] : [])
          + [digits(log.seconds(ofIteration: number))],
        mark: number == facts.best ? "mark" : "")
    }
    return Markup(
      "details", [:], [Markup("summary", [:], "All numbers, by iteration"), table.markup])
  }
}
