import BlockMatrix
import BlockStore

/// `training.jsonl`: one JSON object a line for each phase and each iteration.
struct TrainingLog {
  let model: ModelDirectory

  func append(_ report: PhaseReport) throws(Failure) {
    try model.log.append(report.json.text)
  }

  func append(_ report: IterationReport) throws(Failure) {
    try model.log.append(report.json.text)
  }

  /// Drops the lines of iterations after `iteration`: they are about to be done again.
  func cut(after iteration: Int) throws(Failure) {
    let lines = try model.log.lines()
    let kept = lines.filter { line in (Self.iteration(of: line) ?? Int.max) <= iteration }
    if kept.count < lines.count { try model.log.rewrite(kept) }
  }

  /// The iteration that a line of ours speaks of.
  static func iteration(of line: String) -> Int? {
    guard let key = line.firstRange(of: "\"iteration\":") else { return nil }
    return Int(line[key.upperBound...].prefix { $0.isNumber })
  }
}

extension PhaseReport {
  /// The report as a line of `training.jsonl`.
  package var json: JSONText {
    .object([
      ("event", .string("phase")), ("iteration", .int(iteration)),
      ("side", .string(side.rawValue)), ("objective", .number(objective)),
      ("rmse", .number(rmse)), ("seconds", .seconds(seconds)), ("ratings", .int(ratings)),
      ("broadcastBytes", .int(broadcastBytes)), ("fallbackRows", .int(fallbackRows)),
    ])
  }
}

extension IterationReport {
  /// The report as a line of `training.jsonl`.
  package var json: JSONText {
    .object([
      ("event", .string("iteration")), ("iteration", .int(iteration)),
      ("objective", .number(objective)), ("rmse", .number(rmse)),
      ("holdoutRmse", .number(holdoutRmse)), ("holdoutMetric", .number(holdoutMetric)),
      ("seconds", .seconds(seconds)),
      ("generation", generation.map { .string(GenerationName.of($0)) } ?? .null),
    ])
  }
}

/// How a generation is called in files and messages.
package enum GenerationName {
  /// The number in eight digits.
  package static func of(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }
}
