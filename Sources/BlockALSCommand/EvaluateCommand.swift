import ArgumentParser
import BlockMatrix
import BlockPartition
import BlockStore
import Ranking
import RatingInput

/// `blockals evaluate`: how good a model is on ratings that it was not trained on.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measures a model on ratings that it was not trained on.",
    discussion: """
      Prints RMSE and MAE (explicit feedback), and with --top the ranking metrics; \
      --explain-metrics defines them all. Rankings leave out what users have rated in the \
      partition that the model was trained on, where it is still there, and a line on standard \
      error says so. Models with biases predict a pair of an unknown \
      user or item by the mean and the bias that is known; others leave it out. Both are counted, \
      and tune does the same.

      Examples:
        blockals evaluate model --holdout ratings.blocks
        blockals evaluate model --ratings test.csv --clip --json
        blockals evaluate model --holdout ratings.blocks --top 20
      """
  )

  @Argument(help: "The model directory.")
  var model: String?

  @Option(
    help: ArgumentHelp("A partition; its hold-out is what to compare with.", valueName: "dir"))
  var holdout: String?

  @Option(
    name: .customLong("ratings"),
    help: ArgumentHelp(
      "A file of ratings to compare with ('-' reads standard input); may be given several times.",
      valueName: "file"))
  var ratingFiles: [String] = []

  @Option(help: ArgumentHelp("Also measure rankings of this length, as 20.", valueName: "k"))
  var top: Int?

  @OptionGroup var seen: SeenOptions

  @Option(
    help: ArgumentHelp(
      "In rankings, count only test ratings of at least this value as hits.", valueName: "value"))
  var relevantFrom: Float?

  @Flag(help: "Keep predictions within the lowest and the highest training rating.")
  var clip = false

  @OptionGroup var threads: WorkerOptions

  @OptionGroup var damage: DamageOptions

  @OptionGroup(title: "Input of --ratings") var input: RatingInputOptions

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  @Flag(help: "Print what each metric means, and nothing else.")
  var explainMetrics = false

  func validate() throws {
    if explainMetrics { return }
    guard model != nil else { throw ValidationError("Name a model.") }
    guard (holdout == nil) != ratingFiles.isEmpty else {
      throw ValidationError("Give either --holdout DIR or --ratings FILE.")
    }
    if let top, top < 1 { throw ValidationError("--top \(top) is not at least 1.") }
    guard top != nil || (!seen.isGiven && relevantFrom == nil) else {
      throw ValidationError(
        "--exclude, --include-seen and --relevant-from concern rankings: give --top too.")
    }
    try seen.validate()
  }

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    if explainMetrics { return try Output.write(MetricDefinitions.text) }
    let workers = try threads.count(in: fileSystem)
    let loaded = try damage.open(model ?? "", in: fileSystem, workers: workers)
    let partition = try holdout.map { directory throws(Failure) in
      try Partition.open(directory, in: fileSystem)
    }
    let test = try testRatings(of: loaded, partition, workers: workers, fileSystem)
    if top == nil, loaded.facts.hyperparameters.feedback != .explicit {
      StandardError.note(
        "a model of implicit feedback predicts no ratings: --top 20 measures its rankings")
    }
    let accuracy = try Accuracy.measure(loaded.model, on: test, clip: clip, workers: workers)
    let kept =
      top == nil ? nil : try seen.ratings(of: loaded, orOf: partition, in: fileSystem)
    let rankings = try top.map { limit throws(Failure) in
      try RankingMetrics.measure(
        Recommender(loaded.model, seen: kept?.ratings.source), on: test, limit: limit,
        relevantFrom: relevantFrom ?? -.infinity, workers: workers)
    }
    let report = EvaluationReport(
      accuracy, rankings, test, of: loaded, excluded: kept?.directory)
    try Output.write(report, asJSON: json)
  }

  /// What to compare with: a partition's hold-out, or ratings from text.
  private func testRatings(
    of loaded: LoadedModel, _ partition: Partition?, workers: Int, _ fileSystem: PosixFileSystem
  ) throws(Failure) -> TestRatings {
    if let partition { return try loaded.holdout(of: partition) }
    return loaded.test(
      try TextRatings(
        try InputFiles.inputs(
          ratingFiles, in: fileSystem, standardInput: fileSystem.standardInput),
        source: try input.source(), workers: workers))
  }
}

/// The result of an evaluation, in words and as JSON.
struct EvaluationReport: Report {
  private let accuracy: Accuracy
  private let rankings: RankingMetrics?
  private let users: Int
  private let skippedUsers: Int
  private let hasBias: Bool
  /// The partition whose ratings were kept out of the rankings.
  private let excluded: String?
  /// Whether predictions are ratings; a model of implicit feedback predicts preferences.
  private let predictsRatings: Bool

  init(
    _ accuracy: Accuracy, _ rankings: RankingMetrics?, _ test: TestRatings,
    of loaded: LoadedModel, excluded: String?
  ) {
    self.excluded = excluded
    self.accuracy = accuracy
    self.rankings = rankings
    users = rankings?.users ?? test.knownUsers.count
    skippedUsers = rankings?.skippedUsers ?? test.known.user - users
    hasBias = loaded.model.hasBias
    predictsRatings = loaded.facts.hyperparameters.feedback == .explicit
  }

  /// Every metric by its key; `nil` where it has no value.
  private var metrics: [(name: String, value: Double?)] {
    let errors = [
      ("rmse", predictsRatings ? accuracy.rmse : nil),
      ("mae", predictsRatings ? accuracy.mae : nil),
    ]
    guard let rankings else { return errors }
    let (k, mean) = (rankings.limit, rankings.mean)
    return errors + [
      ("precision@\(k)", mean?.precision), ("recall@\(k)", mean?.recall),
      ("recall-truncated@\(k)", mean?.truncatedRecall), ("ndcg@\(k)", mean?.ndcg),
      ("map@\(k)", mean?.averagePrecision), ("mrr", mean?.reciprocalRank),
      ("hit-rate@\(k)", mean?.hit), ("coverage@\(k)", rankings.coverage),
    ]
  }

  var json: JSONText {
    .object(
      metrics.map { ($0.name, .number($0.value)) } + [
        ("pairs", .int(accuracy.pairs)), ("unknownPairs", .int(accuracy.unknownPairs)),
      ] + (hasBias ? [("fallbackPairs", .int(accuracy.fallbackPairs))] : []) + [
        ("users", .int(users)), ("skippedUsers", .int(skippedUsers)),
      ] + (rankings == nil ? [] : [("excluded", excluded.map { .string($0) } ?? .null)]))
  }

  var text: String {
    let width = (metrics.map(\.name.count).max() ?? 0) + 2
    let lines = metrics.map { name, value in
      name + String(repeating: " ", count: width - name.count) + (value?.short ?? "–")
    }
    let fallback =
      hasBias ? "\(accuracy.fallbackPairs.grouped) of them by mean and bias alone; " : ""
    return lines.joined(separator: "\n") + """

      \(accuracy.pairs.grouped) pairs compared (\(fallback)\
      \(accuracy.unknownPairs.grouped) unknown pairs left out); \
      \(users.grouped) users with test ratings, \(skippedUsers.grouped) without

      """
  }
}
