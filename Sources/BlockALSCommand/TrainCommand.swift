import ArgumentParser
import BlockMatrix
import BlockStore
import FactorExchange
import Kernels
import Training
import Workers

extension InstructionSet: ExpressibleByArgument {}

/// `blockals train`: blocks in, factors out.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains a model from a partition, or goes on with one.",
    discussion: """
      Each iteration solves all items from the users, then all users from the items, exactly. \
      After each, the model is written to disk as a generation. Stop it (Ctrl-C, SIGTERM, \
      SIGUSR1) or kill it, and run the same command again: it goes on from the newest generation \
      and ends with the same bytes, whatever the number of workers.

      --start-from begins with the factors of another model, matched by id, and takes over its \
      settings; users and items that it does not know are solved from those that it knows.

      Examples:
        blockals train ratings.blocks -o model
        blockals train ratings.blocks -o model --rank 128 --regularization 0.05 --workers 16
        blockals train ratings.blocks -o model --iterations 30      (raise it: training goes on)
        blockals train plays.blocks -o model --feedback implicit    (ratings without values)
        blockals train --resume model
        blockals train tuesday.blocks -o tuesday --start-from monday --iterations 3
      """
  )

  @Argument(help: "The partition to train on.")
  var partition: String?

  @Option(name: .shortAndLong, help: "The model directory. (default: PARTITION.model)")
  var output: String?

  @Option(help: ArgumentHelp("Go on with this model, with its settings.", valueName: "model"))
  var resume: String?

  @Option(
    help: ArgumentHelp(
      """
      Begin with this model's factors, matched by id, and with its settings where no other are \
      given; rank, biases and sign have to be the same.
      """, valueName: "model"))
  var startFrom: String?

  @OptionGroup(title: "Model")
  var model: ModelOptions

  @OptionGroup(title: "Run")
  var process: RunOptions

  @Flag(help: "Throw away what the model directory holds, and start over.")
  var fresh = false

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    guard (partition == nil) != (resume == nil) else {
      throw ValidationError("Name either a partition, or a model with --resume.")
    }
    if resume != nil {
      guard output == nil, !fresh, startFrom == nil, model.preset == nil, model.given.isEmpty
      else {
        throw ValidationError(
          """
          --resume goes on with the model's own settings, into the same directory; only options \
          of the run may be given with it.
          """)
      }
    }
  }

  mutating func run() throws {
    // MPI makes threads of its own, which would take them and pass over them.
    StopSignals.keepFromThreads()
    let job = try RankJob(.current)
    try job.run { ranks throws(Failure) in try run(ranks) }
  }

  private func run(_ ranks: Ranks) throws(Failure) {
    let fileSystem = PosixFileSystem()
    let start = try startFrom.map { path throws(Failure) in
      try StartingModel.open(path, in: fileSystem, workers: process.threads.count(in: fileSystem))
    }
    let plan =
      if let resume {
        try Plan.resuming(resume, process, fileSystem)
      } else {
        try begun(startingFrom: start)
      }
    let settings = try process.settings(plan.run, fresh: fresh, in: fileSystem)
    let partition = try Partition.open(plan.partition, in: fileSystem)
    // What can be refused is, before a directory is made.
    if resume == nil, start == nil { try model.checkFeedback(on: partition) }
    if let preset = model.preset {
      StandardError.write(
        "preset \(preset.rawValue): iterations \(plan.run.iterations),"
          + " \(plan.hyperparameters.summary)\n")
    }
    let metric = try RunOptions.metric(plan.run, on: partition, workers: settings.workers)
    let progress = TrainingProgress()
    let end = try StopSignals.watch { stop throws(Failure) in
      try Trainer.run(
        partition, into: Trainer.openModel(plan.model, ranks, in: fileSystem),
        hyperparameters: plan.hyperparameters, settings: settings, ranks: ranks, start: start,
        metric: metric, stop: stop, observe: { if ranks.speaks { progress.show($0) } })
    }
    switch end {
    case .finished(let iteration, let best):
      try Output.write(
        progress.summary(model: plan.model, iteration: iteration, best: best), asJSON: json)
    case .stopped(let saved): throw Failure.stopped(saved: saved, in: plan.model)
    }
  }

  /// The plan of the options alone.
  private func begun(startingFrom start: StartingModel?) throws(Failure) -> Plan {
    let (path, hyperparameters) = (
      partition ?? "", try model.hyperparameters(startingFrom: start)
    )
    return Plan(
      partition: path, model: output ?? path + ".model", hyperparameters: hyperparameters,
      run: try process.run(
        of: hyperparameters, over: model.preset?.run ?? SettingValues()))
  }
}

/// What is trained on what, and into what.
private struct Plan {
  let partition: String
  let model: String
  let hyperparameters: Hyperparameters
  let run: RunSettings

  /// The plan that a model was begun with, but for the options of the run that are given now.
  static func resuming(
    _ model: String, _ options: RunOptions, _ fileSystem: any FileSystem
  ) throws(Failure) -> Plan {
    guard let start = try StoredStart.read(ModelDirectory.open(model, in: fileSystem)) else {
      throw Failure(
        .missingInput, at: model, "holds no generation to go on from",
        hint: "run the command that began it again")
    }
    return Plan(
      partition: start.partition, model: model, hyperparameters: start.hyperparameters,
      run: try options.run(of: start.hyperparameters, over: start.rules.values))
  }
}
