import ArgumentParser
import BlockMatrix
import BlockStore
import Kernels
import Ranking
import Training
import Tuning
import Workers

/// `blockals tune`: chooses λ, rank and α by cross-validation.
struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Chooses λ, rank, λ₂ and α by k-fold cross-validation, and can train the winner.",
    discussion: """
      Every combination of the values given is trained on all folds but one and measured on that \
      one, in turn. A hash of user, item and seed decides a rating's fold, so that one partition \
      serves all. Every model begins anew: its value does not depend on what else is tried. Prints \
      the mean of each point with its standard error over the folds; '*' marks the best, '1se' the \
      simplest model within one standard error of it.

      As in evaluate, models with biases predict a pair of an unknown user or item by the mean and \
      the bias that is known, others leave it out; such pairs are counted.

      What was measured is kept in a record: stop it and run the same command again to go on. A \
      record may hold any number of comparisons, and gives each what it has.

      Examples:
        blockals tune ratings.blocks --rank 40 --regularizations 0.05,0.07,0.1,0.15
        blockals tune ratings.blocks --biases --regularizations 0.08,0.12 \\
          --bias-regularizations 0.005,0.01,0.02 --clip --train model
        blockals tune ratings.blocks --feedback implicit --confidence ials --metric ndcg@20 \\
          --regularizations 0.001,0.003,0.01
      """
  )

  @Argument(help: "The partition.")
  var partition: String

  @Option(help: ArgumentHelp("Values for λ, with commas between.", valueName: "list"))
  var regularizations: String?

  @Option(help: ArgumentHelp("Values for the rank.", valueName: "list"))
  var ranks: String?

  @Option(help: ArgumentHelp("Values for λ₂, with --biases.", valueName: "list"))
  var biasRegularizations: String?

  @Option(help: ArgumentHelp("Values for α, with --feedback implicit.", valueName: "list"))
  var alphas: String?

  @OptionGroup(title: "Model, the same for all points")
  var model: ModelOptions

  @Option(help: "Folds.")
  var folds = 5

  @Option(help: "The seed of the folds.")
  var foldSeed: UInt64 = 0

  @Option(help: "Iterations of each model at most. (default: 15)")
  var iterations: Int?

  @Option(
    help: ArgumentHelp(
      "End a model when an iteration lowers its objective by less than this share.",
      valueName: "share"))
  var tolerance = 1e-4

  @Option(
    help: """
      What is measured: rmse, or a ranking metric as ndcg@20. (default: rmse; for implicit \
      feedback ndcg@20)
      """)
  var metric: String?

  @Flag(help: "Hold predictions within the scale of the ratings before measuring.")
  var clip = false

  @Option(help: "Threads that solve at once. (default: the cores granted to this process)")
  var workers: Int?

  @Option(help: ArgumentHelp("The record. (default: PARTITION.tuning)", valueName: "file"))
  var record: String?

  @Option(help: ArgumentHelp("Train the winner into this model.", valueName: "model"))
  var train: String?

  @Flag(help: "Train the simplest model within one standard error in place of the best.")
  var oneStandardError = false

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    guard !oneStandardError || train != nil else {
      throw ValidationError("--one-standard-error has no effect without --train.")
    }
    if let workers, workers < 1 { throw ValidationError("--workers \(workers) is not at least 1.") }
  }

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let partition = try Partition.open(partition, in: fileSystem)
    let base = try model.hyperparameters()
    let points = try grid(base).points(base)
    let workers = workers ?? GrantedCores.count(in: fileSystem)
    let validation = try CrossValidation(
      foldCount: folds, seed: foldSeed, iterations: rules().iterations, tolerance: tolerance,
      metric: chosenMetric(base), workers: workers)
    let stop = StopRequest()
    let signals = StopSignals(stop)
    let table = try withExtendedLifetime(signals) {
      try compare(validation, partition, points, stop, fileSystem)
    }
    let report = TuningReport(
      table, validation, winner: oneStandardError ? table.simplest : table.best)
    try Output.write(json ? report.json.text + "\n" : report.text)
    if let train {
      try trainWinner(table.rows[report.winner].point, partition, into: train, stop, fileSystem)
    }
  }

  private func compare(
    _ validation: CrossValidation, _ partition: Partition, _ points: [Hyperparameters],
    _ stop: StopRequest, _ fileSystem: PosixFileSystem
  ) throws(Failure) -> TuningTable {
    let path = record ?? Path.trimmed(self.partition) + ".tuning"
    let measurements = FoldMeasurements(
      partition, record: try TuningRecord(path, in: fileSystem), kernels: try KernelSet.select(nil),
      stop: stop)
    let line = LiveLine()
    let began = ContinuousClock.now
    let total = points.count * validation.foldCount
    let values = try measurements.values(points, validation) { done in
      let left = LiveLine.seconds(since: began) / Double(done) * Double(total - done)
      line.update("\(done) of \(total) models · \(LiveLine.duration(left)) left")
    }
    line.clear()
    guard let values else {
      throw Failure(
        .stopped, "what was measured is kept in \(path)",
        hint: "run the same command again to go on")
    }
    let table = TuningTable(
      points, values: values, higherIsBetter: validation.metric.higherIsBetter)
    guard table.rows[table.best].mean != nil else {
      throw Failure(
        .diverged, at: self.partition, "training diverged for every model that was tried",
        hint: "try larger values of λ, or a lower learning rate")
    }
    return table
  }

  private func trainWinner(
    _ winner: Hyperparameters, _ partition: Partition, into path: String, _ stop: StopRequest,
    _ fileSystem: PosixFileSystem
  ) throws(Failure) {
    let progress = TrainingProgress()
    let settings = try TrainingSettings(
      run: rules(), workers: workers ?? GrantedCores.count(in: fileSystem))
    let end = try Trainer.run(
      partition, into: ModelDirectory.openOrCreate(path, in: fileSystem), hyperparameters: winner,
      settings: settings, stop: stop, observe: { progress.show($0) })
    if case .stopped(let saved) = end {
      throw Failure(
        .stopped,
        saved.map { "generation \(GenerationName.of($0)) is saved in \(path)" }
          ?? "no iteration was complete yet", hint: "run the same command again to go on")
    }
  }

  /// When the training of each model ends, and the winner's.
  private func rules() throws(Failure) -> RunSettings {
    var given = SettingValues()
    given[RunSetting.iterations] = iterations
    given[RunSetting.tolerance] = tolerance
    return try RunSettings(given, over: model.preset?.run ?? SettingValues())
  }

  private func grid(_ base: Hyperparameters) throws(Failure) -> TuningGrid {
    if alphas != nil {
      guard let convention = base.feedback.confidence?.convention, convention != .ials else {
        throw Failure(.usage, at: "--alphas", "the model has no α")
      }
    }
    if biasRegularizations != nil, !base.hasBias {
      throw Failure(.usage, at: "--bias-regularizations", "has no effect without --biases")
    }
    let ranks = try Self.numbers(ranks, "--ranks")
    guard ranks.allSatisfy({ $0 == $0.rounded() && $0.magnitude < 1e9 }) else {
      throw Failure(.usage, at: "--ranks", "a rank is a whole number")
    }
    let regularization = try Self.numbers(regularizations, "--regularizations")
    return TuningGrid(
      regularization: regularization.isEmpty ? [base.regularization] : regularization,
      ranks: ranks.isEmpty ? [base.rank] : ranks.map { Int($0) },
      biasRegularization: try Self.numbers(biasRegularizations, "--bias-regularizations"),
      alpha: try Self.numbers(alphas, "--alphas"))
  }

  private static func numbers(_ list: String?, _ option: String) throws(Failure) -> [Double] {
    guard let list else { return [] }
    var numbers: [Double] = []
    for part in list.split(separator: ",", omittingEmptySubsequences: false) {
      guard let number = Double(part), number.isFinite, !numbers.contains(number) else {
        throw Failure(
          .usage, at: option, "'\(part)' in '\(list)' is no number, or is there twice",
          hint: "numbers with commas between, as 0.05,0.1,0.2")
      }
      numbers.append(number)
    }
    return numbers
  }

  private func chosenMetric(_ base: Hyperparameters) throws(Failure) -> CrossValidation.Metric {
    let isImplicit = base.feedback != .explicit
    let name = metric ?? (isImplicit ? "ndcg@20" : "rmse")
    if name == "rmse", !isImplicit { return .rmse(clip: clip) }
    guard let metric = RankingMetric(name) else {
      throw Failure(
        .usage, at: "--metric", "'\(name)' cannot be measured",
        hint: "use rmse (explicit feedback) or a ranking metric as ndcg@20")
    }
    guard !clip else { throw Failure(.usage, at: "--clip", "has no effect on a ranking") }
    return .ranking(metric)
  }
}
