import BlockMatrix
import BlockStore
import Tuning

/// What `tune` prints.
struct TuningReport {
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
    let names = (settings.first ?? []).map(\.name).filter { name in
      Set(settings.map { Self.value(name, in: $0) }).count > 1
    }
    var lines = [names + ["mean \(validation.metric.name)", "standard error", ""]]
    for (index, row) in table.rows.enumerated() {
      let marks = [index == table.best ? "*" : nil, index == table.simplest ? "1se" : nil]
      lines.append(
        names.map { Self.value($0, in: row.point.settings) }
          + [
            row.mean.short, row.standardError.short,
            marks.compactMap(\.self).joined(separator: " "),
          ])
    }
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

  var json: JSONText {
    .object([
      ("metric", .string(validation.metric.name)), ("folds", .int(validation.foldCount)),
      (
        "points",
        .array(
          table.rows.map { row in
            .object([
              (
                "settings",
                .object(row.point.settings.map { ($0.name, .string($0.value)) })
              ),
              ("mean", .number(row.mean)), ("standardError", .number(row.standardError)),
            ])
          })
      ),
      ("best", .int(table.best)), ("oneStandardError", .int(table.simplest)),
    ])
  }

  private static func value(_ name: String, in settings: [(name: String, value: String)]) -> String
  {
    settings.first { $0.name == name }?.value ?? ""
  }
}
