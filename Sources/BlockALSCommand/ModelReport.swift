import BlockMatrix
import BlockStore

/// What `inspect` says of a model.
struct ModelReport: Report {
  private let directory: String
  private let generations: [Int]
  private let refused: [(generation: Int, failure: Failure)]
  private let facts: GenerationFacts
  private let run: RunSettings
  private let digest: String

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
    guard !facts.history.isEmpty else { return text }
    var table = TextTable(["iteration", "objective", "rmse", "hold-out rmse"])
    let first = max(0, facts.history.count - Self.mostListed)
    for (number, record) in facts.history.enumerated() where number == 0 || number >= first {
      table.add([
        "\(number + 1)", record.objective.short, record.rmse?.short ?? "–",
        record.holdoutRmse?.short ?? "–",
      ])
    }
    return text + "\n" + table.text
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
      "history": .list(facts.history) { record in
        [
          "objective": .number(record.objective), "rmse": .number(record.rmse),
          "holdoutRmse": .number(record.holdoutRmse),
        ]
      },
    ]
  }
}
