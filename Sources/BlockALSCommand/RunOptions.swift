import ArgumentParser
import BlockMatrix
import BlockStore
import Kernels
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
    help: "The kernels: auto, \(InstructionSet.allCases.map(\.rawValue).joined(separator: ", ")).")
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
      iterations: iterations, workers: workers ?? GrantedCores.count(in: fileSystem),
      memory: memory?.byteCount, checkpointInterval: checkpointInterval, keep: keep,
      tolerance: tolerance, fresh: fresh, instructionSet: chosen)
  }
}
