import BlockMatrix
import BlockStore

// What `training.jsonl` says of a run, one JSON object a line.

extension PhaseReport {
  package var json: JSONText {
    .object([
      ("event", .string("phase")), ("iteration", .int(iteration)),
      ("side", side.map { .string($0.rawValue) } ?? .null), ("objective", .number(objective)),
      ("rmse", .number(rmse)), ("seconds", .seconds(seconds)), ("ratings", .int(ratings)),
      ("broadcastBytes", .int(broadcastBytes)), ("fallbackRows", .int(fallbackRows)),
      ("doubleRows", .int(doubleRows)), ("workers", .int(workerTime.workers)),
      ("solvingSeconds", .seconds(workerTime.solving)),
      ("readingSeconds", .seconds(workerTime.reading)),
      ("lossPercent", .number((workerTime.loss(ofPhase: seconds) * 10).rounded() / 10)),
    ])
  }
}

extension IterationReport {
  package var json: JSONText {
    .object([
      ("event", .string("iteration")), ("iteration", .int(iteration)),
      ("objective", .number(record.objective)), ("rmse", .number(record.rmse)),
      ("holdoutRmse", .number(record.holdoutRmse)),
      ("holdoutMetric", .number(record.holdoutMetric)), ("seconds", .seconds(seconds)),
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
