import ArgumentParser
import BlockMatrix
import BlockStore
import COutOfMemory
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

  /// What is said when an allocation is refused: nothing can be put together then.
  private static let lastWords: StaticString = """
    blockals: error: the operating system has no memory left for this process
    hint: use fewer workers, a lower rank or more blocks, or raise the limit (ulimit -v)

    """

  static func main() {
    // A full file system or a closed pipe is an error to report, not a signal to die of.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    unsafe out_of_memory_exit(lastWords.utf8Start, Failure.Code.memory.rawValue)
    do {
      var command = try parseAsRoot(Arguments.given)
      try command.run()
    } catch let failure as Failure where failure.isClosedPipe {
      // `| head` has seen enough.
      Glibc.exit(0)
    } catch let failure as Failure {
      Glibc.exit(end(with: failure))
    } catch {
      Glibc.exit(end(with: error))
    }
  }

  /// Says why the command ends, and returns the status to exit with.
  private static func end(with failure: Failure) -> Int32 {
    let kind = failure.code == .stopped ? "stopped" : "error"
    StandardError.write("blockals: \(kind): \(failure.namingOption)\n")
    return failure.code.rawValue
  }

  /// Says what the parser of the command line ends with: help that was asked for, or what is wrong.
  private static func end(with error: any Error) -> Int32 {
    let code = exitCode(for: error)
    let text = fullMessage(for: error)
    guard code.isSuccess else {
      if !text.isEmpty { StandardError.write(text + "\n") }
      return code.rawValue
    }
    do throws(Failure) { try Output.write(text + "\n") } catch {
      return error.isClosedPipe ? 0 : end(with: error)
    }
    return code.rawValue
  }
}
