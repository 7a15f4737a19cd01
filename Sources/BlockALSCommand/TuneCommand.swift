import ArgumentParser
import BlockMatrix
import BlockStore
import Kernels
import Ranking
import Training
import Tuning
import Workers

/// `blockals tune`: chooses a model by cross-validation.
struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Chooses model, λ, λ₂, rank and α by k-fold cross-validation.",
    discussion: """
      Models are trained on all folds but one and measured on that one, in turn. A hash of user, \
      item and seed decides a rating's fold, so that one partition serves all. Every model begins \
      anew: its value does not depend on what else is tried.

      With values for λ, every combination of the values given is measured. Without, the search is \
      wide, as far as no option fixes anything: plain models, models with biases and non-negative \
      ones, both scalings, λ and λ₂ on grids that fit the ratings, ranks to 128. Many models get a \
      third of the iterations on a few folds, the best of them more, with finer steps around them; \
      the finalists are measured in every fold.

      Prints the mean of each model with its standard error over the folds; '*' marks the best, \
      '1se' the simplest model within one standard error of it. A line says where the best value \
      is the last of those that were tried.

      As in evaluate, models with biases predict a pair of an unknown user or item by the mean and \
      the bias that is known, others leave it out; such pairs are counted. Where both are tried, \
      they are compared on the pairs that all predict.

      What was measured is kept in a record: stop it and run the same command again to go on. A \
      record may hold any number of comparisons, and gives each what it has.

      Examples:
        blockals tune ratings.blocks --clip --train model
        blockals tune ratings.blocks --models biases --ranks 20,40,80
        blockals tune ratings.blocks --rank 40 --regularizations 0.05,0.07,0.1,0.15
        blockals tune ratings.blocks --biases --regularizations 5,10,15,20 \\
          --regularization-scaling none --bias-regularizations 1,3,5 --clip --train model
        blockals tune ratings.blocks --feedback implicit --confidence ials --metric ndcg@20 \\
          --regularizations 0.001,0.003,0.01
      """
  )

  @Argument(help: "The partition.")
  var partition: String

  @OptionGroup(title: "What is tried")
  var search: TuneSearchOptions

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

  @OptionGroup var threads: WorkerOptions

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
  }

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let partition = try Partition.open(partition, in: fileSystem)
    try model.checkFeedback(on: partition)
    let validation = try CrossValidation(
      foldCount: folds, seed: foldSeed, iterations: rules().iterations, tolerance: tolerance,
      metric: chosenMetric(), workers: threads.count(in: fileSystem))
    try StopSignals.watch { stop throws(Failure) in
      let table = try compare(search.space(model), validation, partition, stop, fileSystem)
      let report = TuningReport(
        table, validation, winner: oneStandardError ? table.simplest : table.best)
      try Output.write(report, asJSON: json)
      if let train {
        try trainWinner(table.rows[report.winner].point, partition, into: train, stop, fileSystem)
      }
    }
  }

  private func compare(
    _ space: TuningSpace, _ validation: CrossValidation, _ partition: Partition,
    _ stop: StopRequest, _ fileSystem: PosixFileSystem
  ) throws(Failure) -> TuningTable {
    let path = record ?? Path.trimmed(self.partition) + ".tuning"
    let measurements = FoldMeasurements(
      partition, record: try TuningRecord(path, in: fileSystem), kernels: try KernelSet.select(nil),
      stop: stop)
    let line = TuningLine()
    defer { line.end() }
    let search = try TuningSearch(
      space, validation, partition, measurements, progress: { line.show($0) })
    guard let table = try search.run() else {
      throw Failure(
        .stopped, "what was measured is kept in \(path)",
        hint: "run the same command again to go on")
    }
    return table
  }

  private func trainWinner(
    _ winner: Hyperparameters, _ partition: Partition, into path: String, _ stop: StopRequest,
    _ fileSystem: PosixFileSystem
  ) throws(Failure) {
    let progress = TrainingProgress()
    let settings = try TrainingSettings(run: rules(), workers: threads.count(in: fileSystem))
    let end = try Trainer.run(
      partition, into: ModelDirectory.openOrCreate(path, in: fileSystem), hyperparameters: winner,
      settings: settings, stop: stop, observe: { progress.show($0) })
    if case .stopped(let saved) = end { throw Failure.stopped(saved: saved, in: path) }
  }

  /// When the training of each model ends, and the winner's.
  private func rules() throws(Failure) -> RunSettings {
    var given = SettingValues()
    given[RunSetting.iterations] = iterations
    given[RunSetting.tolerance] = tolerance
    return try RunSettings(given, over: model.preset?.run ?? SettingValues())
  }

  private func chosenMetric() throws(Failure) -> CrossValidation.Metric {
    let isImplicit =
      model.given[ModelSetting.feedback] ?? model.defaults[ModelSetting.feedback] == .implicit
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
