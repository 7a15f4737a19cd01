import BlockMatrix
import BlockStore
import Training

/// What `inspect` says of a model.
struct ModelReport: Report {
  private let directory: String
  private let generations: [Int]
  private let refused: [(generation: Int, failure: Failure)]
  private let facts: GenerationFacts
  private let run: RunSettings
  private let digest: String
  private let log: TrainingLog

  /// Reads the newest whole generation.
  ///
  /// - Throws: `.missingInput` where the model has none yet.
  init(_ model: ModelDirectory, workers: Int) throws(Failure) {
    directory = model.directory
    guard let found = try model.inspect(workers: workers) else {
      throw Failure(
        .missingInput, at: directory, "has no generation yet",
        hint: "train it first, or let the training reach its first checkpoint")
    }
    (generations, facts, digest, refused) = found
    run = try facts.rules()
    log = try TrainingLog(of: model, through: facts.iteration)
  }

  private static let mostListed = 5

  var text: String {
    var text =
      "\(directory): a model of \(facts.userCount.grouped) users and \(facts.itemCount.grouped) "
      + "items at rank \(facts.rank), \(facts.iteration) of \(run.iterations) iterations\n"
    let settings = facts.hyperparameters.settings.map { "\($0.name) \($0.value)" }
    text += "  settings     \(settings.joined(separator: ", "))\n"
    let rules = run.settings.map { "\($0.name) \($0.value)" }
    text += "  run          \(rules.joined(separator: ", "))\n"
    text += "  ratings      \(facts.partitionPath), digest \(facts.partitionDigest)\n"
    if let later = facts.later {
      let parts = Side.allCases.flatMap { side in
        [
          "\(later.added[side].grouped) \(side.plural) added",
          "\(later.replaced[side].grouped) replaced",
        ]
      }
      text += "  updated      \(parts.joined(separator: ", "))\n"
    }
    text += "  values       \(facts.lowestValue) to \(facts.highestValue)\n"
    text +=
      "  generations  \(generations.map(String.init).joined(separator: ", ")); the newest whole "
      + "one is \(facts.iteration), \(ByteSize.describe(facts.byteCount))\n"
    for (generation, failure) in refused {
      text += "  damaged      \(generation): \(failure.place): \(failure.message)\n"
    }
    text += "  digest       \(digest)\n"
    text += "  log          \(directory)/training.jsonl: every phase, an object on a line\n"
    return facts.history.isEmpty ? text : text + "\n" + historyTable
  }

  /// The first iteration and the last ones; dots stand for those in between.
  private var historyTable: String {
    let columns = self.columns
    var table = TextTable(["iteration"] + columns.map(\.name))
    let first = max(1, facts.history.count - Self.mostListed)
    for (number, record) in facts.history.enumerated() where number == 0 || number >= first {
      if number == first, first > 1 { table.add(["…"] + columns.map { _ in "" }) }
      table.add(
        ["\(number + 1)"] + columns.map { $0.value(number + 1, record)?.short ?? "–" })
    }
    return table.text
  }

  /// What the watched metric is called; `nil` where none was.
  private var metric: String? { run.settings.first { $0.name == "holdout-metric" }?.value }

  private typealias Column = (name: String, value: (Int, IterationRecord) -> Double?)

  /// The columns of the history that have a number.
  private var columns: [Column] {
    let all: [Column] = [
      ("objective", { $1.objective }), ("rmse", { $1.rmse }),
      ("hold-out rmse", { $1.holdoutRmse }), (metric ?? "metric", { $1.holdoutMetric }),
      ("seconds", { number, _ in log.seconds(ofIteration: number) }),
    ]
    return all.filter { column in
      zip(1..., facts.history).contains { column.value($0, $1) != nil }
    }
  }

  /// The whole history, with all digits.
  var csv: String {
    let columns = self.columns
    var text = (["iteration"] + columns.map(\.name)).joined(separator: ",") + "\n"
    for (number, record) in zip(1..., facts.history) {
      let cells = columns.map { $0.value(number, record).map { JSONText.digits($0) } ?? "" }
      text += ([String(number)] + cells).joined(separator: ",") + "\n"
    }
    return text
  }

  var json: JSONText {
    [
      "kind": .string("model"),
      "directory": .string(directory),
      "digest": .string(digest),
      "users": .int(facts.userCount),
      "items": .int(facts.itemCount),
      "rank": .int(facts.rank),
      "biases": .bool(facts.hasBias),
      "iteration": .int(facts.iteration),
      "plannedIterations": .int(run.iterations),
      "settings": .words(facts.hyperparameters.settings),
      "run": .words(run.settings),
      "partition": .string(facts.partitionPath),
      "partitionDigest": .string(facts.partitionDigest),
      "updated": facts.later.map { later in
        .object(
          Side.allCases.map { side in
            (
              side.plural,
              [
                "added": .int(later.added[side]), "replaced": .int(later.replaced[side]),
              ]
            )
          })
      } ?? .null,
      "lowestValue": .number(Double(facts.lowestValue)),
      "highestValue": .number(Double(facts.highestValue)),
      "bytes": .int(facts.byteCount),
      "generations": .list(generations) { .int($0) },
      "damaged": .list(refused) { refused in
        [
          "generation": .int(refused.generation), "place": .string(refused.failure.place),
          "message": .string(refused.failure.message),
        ]
      },
      "holdoutMetric": metric.map { .string($0) } ?? .null,
      "history": .list(Array(zip(1..., facts.history))) { number, record in
        [
          "iteration": .int(number), "objective": .number(record.objective),
          "rmse": .number(record.rmse), "holdoutRmse": .number(record.holdoutRmse),
          "holdoutMetric": .number(record.holdoutMetric),
          "seconds": .number(log.seconds(ofIteration: number)),
        ]
      },
    ]
  }
}
