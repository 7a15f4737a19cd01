import ArgumentParser
import BlockMatrix
import BlockStore
import Kernels
import Ranking
import Training

/// The options of a training run: the settings of ``RunSetting`` by their names, and what concerns
/// this process alone.
struct RunOptions: ParsableArguments {
  @Option(help: "Iterations, those before an interruption included. (default: 15)")
  var iterations: Int?

  @OptionGroup var threads: WorkerOptions

  @Option(
    help: ArgumentHelp(
      """
      The memory that training may hold, as 512M or 4G. Ratings are read anew in each phase where \
      they do not fit.
      """, valueName: "size"))
  var memory: ByteSize?

  @Option(
    help: "Write a generation after every so many iterations, and after the last. (default: 1)")
  var checkpointInterval: Int?

  @Option(help: "Generations that stay on disk, at least 2. (default: 2)")
  var keep: Int?

  @Option(
    help: ArgumentHelp(
      "Stop when an iteration lowers the objective by less than this share.", valueName: "share"))
  var tolerance: Double?

  @Option(
    help: ArgumentHelp(
      "Stop when the summed squared error of the training ratings has fallen so far.",
      valueName: "sum"))
  var stopAtLoss: Double?

  @Option(
    help: ArgumentHelp(
      """
      Stop when so many iterations have not improved on the hold-out; the best generation is kept, \
      and used by every command.
      """, valueName: "iterations"))
  var patience: Int?

  @Option(
    help: ArgumentHelp(
      """
      What is watched on the hold-out: rmse, or a ranking metric as ndcg@20 (precision, recall, \
      recall-truncated, ndcg, map, mrr, hit-rate). (default: rmse; for implicit feedback ndcg@20)
      """, valueName: "metric"))
  var holdoutMetric: String?

  @Option(help: "The kernels: auto, \(Self.instructionSets). All give the same bits.")
  var instructionSet = "auto"

  private static let instructionSets =
    InstructionSet.allCases.map(\.rawValue).joined(separator: ", ")

  /// The settings of the run.
  ///
  /// - Parameter defaults: What holds where nothing was asked for: a preset's, or those of the run
  ///   that goes on.
  func run(
    of hyperparameters: Hyperparameters, over defaults: SettingValues
  ) throws(Failure) -> RunSettings {
    var (given, defaults) = (given(of: RunSetting.table), defaults)
    if hyperparameters.feedback == .explicit {
      // The root mean squared error is what is watched where nothing else is.
      if given[RunSetting.holdoutMetric] == "rmse" {
        given[RunSetting.holdoutMetric] = nil
        defaults[RunSetting.holdoutMetric] = nil
      }
    } else if given[RunSetting.patience] ?? defaults[RunSetting.patience] != nil,
      defaults[RunSetting.holdoutMetric] == nil
    {
      defaults[RunSetting.holdoutMetric] = "ndcg@20"
    }
    return try RunSettings(given, over: defaults)
  }

  func settings(
    _ run: RunSettings, fresh: Bool, in fileSystem: any FileSystem
  ) throws(Failure) -> TrainingSettings {
    var chosen: InstructionSet?
    if instructionSet != "auto" {
      chosen = InstructionSet(rawValue: instructionSet)
      guard chosen != nil else {
        throw Failure(
          .usage, at: "--instruction-set", "'\(instructionSet)' is no instruction set",
          hint: "use auto or one of \(Self.instructionSets)")
      }
    }
    return try TrainingSettings(
      run: run, workers: threads.count(in: fileSystem), memory: memory?.byteCount,
      fresh: fresh, instructionSet: chosen)
  }

  /// The ranking metric to watch; `nil` for the root mean squared error alone.
  ///
  /// - Throws: `.usage` where it is no metric, or does not suit the model or the partition.
  static func metric(
    _ run: RunSettings, on partition: Partition, workers: Int
  ) throws(Failure) -> HoldoutMetric? {
    guard let name = run.holdoutMetric else { return nil }
    guard let metric = RankingMetric(name) else {
      throw Failure(
        .usage, at: "--holdout-metric", "'\(name)' cannot be watched",
        hint: "use rmse (explicit feedback) or a ranking metric as ndcg@20")
    }
    guard partition.facts.holdout != nil else {
      throw Failure(
        .usage, at: "--holdout-metric", "the partition has no hold-out to watch",
        hint: "partition with --holdout 0.1")
    }
    let test = try partition.readHoldout()
    let ids = try partition.readIds()
    let seen = SeenRatings(partition)
    let scale = partition.facts.lowestValue...partition.facts.highestValue
    return HoldoutMetric(name: name, higherIsBetter: true) { factors, mean throws(Failure) in
      try metric.measure(
        factors, mean: mean, ids: ids, test: test,
        seen: seen.source, scale: scale,
        workers: workers)
    }
  }
}
