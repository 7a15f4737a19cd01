import ArgumentParser
import BlockMatrix
import BlockStore
import Kernels
import Ranking
import Training

/// The options of a training run that change no byte of the model.
struct RunOptions: ParsableArguments {
  @Option(help: "Iterations, those before an interruption included. (default: 15)")
  var iterations: Int?

  @Option(help: "Threads that solve at once. (default: the cores granted to this process)")
  var workers: Int?

  @Option(
    help: ArgumentHelp(
      """
      The memory that training may hold, as 512M or 4G. Ratings are read anew in each phase where \
      they do not fit.
      """, valueName: "size"))
  var memory: ByteSize?

  @Option(help: "Write a generation after every so many iterations, and after the last.")
  var checkpointInterval = 1

  @Option(help: "Generations that stay on disk, at least 2.")
  var keep = 2

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

  func settings(
    iterations: Int, fresh: Bool, in fileSystem: any FileSystem
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
      stopping: StoppingRules(
        iterations: iterations, tolerance: tolerance, stopAtLoss: stopAtLoss, patience: patience),
      workers: workers ?? GrantedCores.count(in: fileSystem), memory: memory?.byteCount,
      checkpointInterval: checkpointInterval, keep: keep, fresh: fresh, instructionSet: chosen)
  }

  /// The ranking metric to watch; nothing for the root mean squared error alone.
  ///
  /// - Throws: `.usage` where it is no metric, or does not suit the model or the partition.
  func metric(
    on partition: Partition, hyperparameters: Hyperparameters, workers: Int
  ) throws(Failure) -> HoldoutMetric? {
    let isImplicit = hyperparameters.feedback != .explicit
    // Ranking for all users costs time: only where it was asked for, or decides when to stop.
    guard let name = holdoutMetric ?? (isImplicit && patience != nil ? "ndcg@20" : nil),
      name != "rmse" || isImplicit
    else { return nil }
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
    let ids = PerSide(user: try partition.readIds(.user), item: try partition.readIds(.item))
    let seen = try SeenRatings(partition)
    let scale = partition.facts.lowestValue...partition.facts.highestValue
    return HoldoutMetric(name: name, higherIsBetter: true) { factors, mean throws(Failure) in
      try metric.measure(
        factors, mean: mean, ids: ids, test: test,
        seen: { users throws(Failure) in try seen.items(ofUsers: users) }, scale: scale,
        workers: workers)
    }
  }
}
