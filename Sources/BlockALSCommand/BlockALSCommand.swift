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
        blockals recommend model --top 10 alice

      Stop or kill it at any time and run the same command again: it goes on, to the same bytes.

      With --json an error is a JSON object on standard error: code, place, message, hint.

      Exit codes: 0 done · 64 usage · 65 bad data or damaged file · 66 input missing · 70 a bug · \
      71 out of budgeted memory · 73 output exists or is locked · 74 I/O · 75 stopped, saved, run \
      again · 76 training diverged · 77 permission · 78 settings do not match.
      """,
    version: "blockals 0.1.0",
    subcommands: [
      GenerateCommand.self, PartitionCommand.self,
      TrainCommand.self, TuneCommand.self, EvaluateCommand.self, PredictCommand.self,
      RecommendCommand.self, SimilarCommand.self, ExplainCommand.self, ExportCommand.self,
      UpdateCommand.self,
      InspectCommand.self, VerifyCommand.self,
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
    let arguments = Arguments.given
    do {
      try checkHelp(arguments)
      var command = try parseAsRoot(arguments)
      if !(command is TrainCommand) {
        try Launch.current.requireOne(type(of: command)._commandName)
      }
      try command.run()
    } catch let failure as Failure where failure.isClosedPipe {
      // `| head` has seen enough.
      Glibc.exit(0)
    } catch let failure as Failure {
      say(failure)
      Launch.current.letFirstSpeak()
      Glibc.exit(failure.code.rawValue)
    } catch {
      // Every rank of a job parses the same words.
      guard Launch.current.speaks else {
        Launch.current.letFirstSpeak()
        Glibc.exit(exitCode(for: error).rawValue)
      }
      guard exitCode(for: error) == .validationFailure else { Glibc.exit(end(with: error)) }
      refuse(error, arguments)
    }
  }

  /// Says why the process ends, unless another rank of the same job says it.
  static func say(_ failure: Failure) {
    let (named, isStop) = (failure.namingOption, failure.code == .stopped)
    if wantsJSON(Arguments.given) {
      StandardError.write(
        json(failure.code, at: named.place, named.message, hint: named.hint, isStop: isStop))
    } else {
      StandardError.write("blockals: \(isStop ? "stopped" : "error"): \(named)\n")
    }
  }

  /// Says what the parser of the command line ends with: help that was asked for, or what is wrong.
  ///
  /// - Returns: The status to exit with.
  private static func end(with error: any Error) -> Int32 {
    let code = exitCode(for: error)
    let text = fullMessage(for: error)
    guard code.isSuccess else {
      if !text.isEmpty { StandardError.write(text + "\n") }
      return code.rawValue
    }
    do throws(Failure) { try Output.write(text + "\n") } catch {
      if error.isClosedPipe { return 0 }
      say(error)
      return error.code.rawValue
    }
    return code.rawValue
  }

  private static var names: [String] {
    configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
  }

  /// Whether an option asks for JSON; what stands behind `--` is no option.
  private static func wantsJSON(_ arguments: [String]) -> Bool {
    arguments.prefix { $0 != "--" }.contains("--json")
  }

  /// Refuses the help of what there is not.
  private static func checkHelp(_ arguments: [String]) throws {
    guard arguments.first == "help", arguments.count > 1, !names.contains(arguments[1]) else {
      return
    }
    throw ValidationError(
      "'\(arguments[1])' is no subcommand; blockals --help lists them.")
  }

  /// Ends the process because its command line is wrong.
  private static func refuse(_ error: any Error, _ arguments: [String]) -> Never {
    let subcommand = configuration.subcommands.first {
      $0.configuration.commandName == arguments.first
    }
    var message = message(for: error)
    let hint = UsageHint.hint(
      for: message, arguments, subcommands: names,
      help: subcommand.map { helpMessage(for: $0) } ?? helpMessage())
    if wantsJSON(arguments) {
      message = message.split(separator: "\n").joined(separator: " ")
      StandardError.write(json(.usage, at: "", message, hint: hint, isStop: false))
    } else {
      // A guess of the parser's by letters alone is worse than one by meaning.
      let text = fullMessage(for: error)
      let shown = hint.isEmpty ? text : text.replacing(#/ Did you mean '[^']*'\?/#, with: "")
      StandardError.write("\(shown)\n" + (hint.isEmpty ? "" : "hint: \(hint)\n"))
    }
    Glibc.exit(Failure.Code.usage.rawValue)
  }

  /// What went wrong, as one JSON object on a line.
  private static func json(
    _ code: Failure.Code, at place: String, _ message: String, hint: String, isStop: Bool
  ) -> JSONText {
    let members: [(String, JSONText)] = [
      ("code", .int(Int(code.rawValue))), ("place", .string(place)),
      ("message", .string(message)), ("hint", .string(hint)),
    ]
    return .object([(isStop ? "stopped" : "error", .object(members))])
  }
}
