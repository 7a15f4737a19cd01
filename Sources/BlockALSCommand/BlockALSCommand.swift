import ArgumentParser
import BlockMatrix
import BlockStore
import Glibc

/// The command `blockals`: a list of subcommands, and the one place that ends the process.
@main
struct BlockALSCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blockals",
    abstract: "Factorises a ratings matrix by alternating least squares.",
    discussion: """
      Ratings become blocks on disk, blocks become factors, factors become recommendations:

        blockals partition ratings.csv -o ratings.blocks
        blockals train ratings.blocks -o model --rank 64 --regularization 0.05
        blockals recommend model --top 10 --exclude ratings.blocks alice

      Stop or kill it at any time and run the same command again: it goes on, to the same bytes.

      Exit codes: 0 done · 64 usage · 65 bad data or damaged file · 66 input missing · 70 a bug · \
      71 out of budgeted memory · 73 output exists or is locked · 74 I/O · 75 stopped, saved, run \
      again · 76 training diverged · 77 permission · 78 settings do not match.
      """,
    version: "blockals 0.1.0",
    subcommands: [
      GenerateCommand.self, PartitionCommand.self,
      TrainCommand.self, TuneCommand.self, EvaluateCommand.self, RecommendCommand.self,
      SimilarCommand.self, ExportCommand.self, InspectCommand.self, VerifyCommand.self,
    ]
  )

  static func main() {
    // A full file system or a closed pipe is an error to report, not a signal to die of.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try parseAsRoot()
      if !(command is TrainCommand) {
        try Launch.current.requireOne(type(of: command)._commandName)
      }
      try command.run()
    } catch let failure as Failure where failure.isClosedPipe {
      // `| head` has seen enough.
      Glibc.exit(0)
    } catch let failure as Failure {
      say(failure)
      Glibc.exit(failure.code.rawValue)
    } catch {
      // Every rank of a job parses the same words.
      guard Launch.current.speaks else { Glibc.exit(exitCode(for: error).rawValue) }
      exit(withError: error)
    }
  }

  /// Says why the process ends, unless another rank of the same job says it.
  static func say(_ failure: Failure) {
    let kind = failure.code == .stopped ? "stopped" : "error"
    StandardError.write("blockals: \(kind): \(failure.namingOption)\n")
  }
}
