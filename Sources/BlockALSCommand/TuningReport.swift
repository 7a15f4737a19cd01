import BlockMatrix
import BlockStore
import Tuning
import Workers

/// What `tune` prints.
struct TuningReport: Report {
  private let table: TuningTable
  private let validation: CrossValidation
  /// The row that is trained, if any is.
  let winner: Int

  init(_ table: TuningTable, _ validation: CrossValidation, winner: Int) {
    self.table = table
    self.validation = validation
    self.winner = winner
  }

  var text: String {
    // Only what differs between the points is worth a column.
    let settings = table.rows.map { $0.point.settings }
    let all = settings.joined().reduce(into: [String]()) { names, setting in
      if !names.contains(setting.name) { names.append(setting.name) }
    }
    let names = all.filter { name in Set(settings.map { Self.value(name, in: $0) }).count > 1 }
    let scores = table.isMixed ? ["compared by"] : []
    var lines = [names + ["mean \(validation.metric.name)"] + scores + ["standard error", ""]]
    for (index, row) in table.rows.enumerated() {
      let marks = [index == table.best ? "*" : nil, index == table.simplest ? "1se" : nil]
      lines.append(
        names.map { Self.value($0, in: row.point.settings) }
          + ([row.mean] + (table.isMixed ? [row.score] : [])).map { $0?.short ?? "diverged" }
          + [row.standardError?.short ?? "", marks.compactMap(\.self).joined(separator: " ")])
    }
    return Self.columns(lines) + "best: \(table.rows[table.best].point.summary)\n" + coldLine
      + table.edges.map(Self.line).joined()
  }

  private static func columns(_ lines: [[String]]) -> String {
    let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    var text = ""
    for line in lines {
      var padded = ""
      for (cell, width) in zip(line, widths) {
        padded += cell + String(repeating: " ", count: width - cell.count + 2)
      }
      while padded.last == " " { padded.removeLast() }
      text += padded + "\n"
    }
    return text
  }

  /// The pairs kept back, and those whose user or item is unknown where they are.
  private var pairs: (all: Int, cold: Int) {
    table.rows[table.best].folds.reduce((0, 0)) { ($0.0 + $1.pairs, $0.1 + $1.coldPairs) }
  }

  private var coldLine: String {
    guard pairs.cold > 0 else { return "" }
    let cold = "\(pairs.cold.grouped) of \(pairs.all.grouped) pairs have an unknown user or item"
    if case .ranking = validation.metric { return "\(cold)\n" }
    let rule =
      table.isMixed
      ? "models with biases predict them by mean and bias, others leave them out; "
        + "compared by all others"
      : table.rows[table.best].point.hasBias ? "predicted by mean and bias" : "left out"
    return "\(cold): \(rule), as in evaluate\n"
  }

  private static func line(_ edge: TuningTable.Edge) -> String {
    let value = edge.setting == "rank" ? String(Int(edge.value)) : edge.value.description
    let (end, other) = edge.isLargest ? ("largest", "larger") : ("smallest", "smaller")
    return "\(edge.setting) \(value) is the \(end) that was tried: a \(other) one may be better\n"
  }

  var json: JSONText {
    [
      "metric": .string(validation.metric.name), "folds": .int(validation.foldCount),
      "points": .list(table.rows, Self.json),
      "best": .int(table.best), "oneStandardError": .int(table.simplest),
      "pairs": .int(pairs.all), "coldPairs": .int(pairs.cold),
      "comparedOnKnownPairs": .bool(table.isMixed),
      "edges": .list(table.edges) { edge in
        [
          "setting": .string(edge.setting), "value": .number(edge.value),
          "end": .string(edge.isLargest ? "largest" : "smallest"),
        ]
      },
    ]
  }

  private static func json(of row: TuningTable.Row) -> JSONText {
    [
      "settings": .words(row.point.settings), "mean": .number(row.mean),
      "known": .number(row.known), "standardError": .number(row.standardError),
      "values": .list(row.folds) { .number($0.value) }, "diverged": .bool(row.mean == nil),
    ]
  }

  private static func value(_ name: String, in settings: [(name: String, value: String)]) -> String
  {
    settings.first { $0.name == name }?.value ?? "–"
  }
}

/// How far a tuning has come, on standard error.
final class TuningLine {
  private let line = LiveLine()
  private var round = ""
  private var began = ContinuousClock.now

  func show(_ progress: TuningSearch.Progress) {
    let total = progress.models * progress.folds
    let name = "\(progress.round): \(progress.models) models, folds: \(progress.folds)"
    if name != round { (round, began) = (name, ContinuousClock.now) }
    let left = began.seconds / Double(progress.done) * Double(total - progress.done)
    line.update([
      "\(progress.done) of \(total)", "\(LiveLine.duration(left)) left", name,
    ])
    if progress.done == total { line.print(name) }
  }

  func end() { line.clear() }
}
