import ArgumentParser
import BlockMatrix
import BlockStore
import RatingGeneration
import Workers

/// `blockals generate`: made-up ratings with the shape of real ones.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Writes made-up ratings with the shape of real ones, as CSV.",
    discussion: """
      A few users and items have most of the ratings. A rating is a mean, biases of user and item, \
      a hidden low-rank signal and noise, rounded to half stars from 0.5 to 5. No pair occurs \
      twice. Lines are sorted by user. The same options give the same bytes on every machine.

      Examples:
        blockals generate --users 138493 --items 26744 --ratings 20000000 -o ratings.csv
        blockals generate --users 1000 --items 500 --ratings 20000 -o - | blockals partition - -o p
      """
  )

  @Option(help: ArgumentHelp("Users, numbered from 1.", valueName: "n"))
  var users: Int

  @Option(help: ArgumentHelp("Items, numbered from 1.", valueName: "n"))
  var items: Int

  @Option(help: ArgumentHelp("Ratings, at most users times items.", valueName: "n"))
  var ratings: Int

  @Option(help: "Dimensions of the hidden signal.")
  var rank = 20

  @Option(help: "Which ratings are made up.")
  var seed: UInt64 = 0

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The file to write, which must not exist or hold the same; - is standard output.",
      valueName: "file"))
  var output: String

  @OptionGroup var threads: WorkerOptions

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let begin = ContinuousClock.now
    let workers = try threads.count(in: fileSystem)
    let generator = try RatingGenerator(
      userCount: users, itemCount: items, ratingCount: ratings, rank: rank, seed: seed)
    guard output != "-" else {
      return try GeneratedFile.write(generator, to: fileSystem.standardOutput, workers: workers)
    }
    let wasThere = try StopSignals.watch { stop throws(Failure) in
      try GeneratedFile.write(
        generator, to: output, in: fileSystem, workers: workers, stop: stop)
    }
    if wasThere { StandardError.noteComplete(output) }
    try Output.write(
      "\(output): \(ratings.grouped) ratings, \(users.grouped) users × \(items.grouped) items, "
        + "\(begin.seconds.short) s\n")
  }
}
