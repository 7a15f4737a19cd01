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

  @Option(help: "Threads that work at once. (default: the cores granted to this process)")
  var workers: Int?

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let begin = ContinuousClock.now
    let workers = workers ?? GrantedCores.count(in: fileSystem)
    guard (1...1024).contains(workers) else {
      throw Failure(.usage, at: "--workers", "\(workers) is not between 1 and 1024")
    }
    let generator = try RatingGenerator(
      userCount: users, itemCount: items, ratingCount: ratings, rank: rank, seed: seed)
    guard output != "-" else {
      return try GeneratedFile.write(generator, to: fileSystem.standardOutput, workers: workers)
    }
    let stop = StopRequest()
    let signals = try StopSignals(stop)
    let wasThere = try withExtendedLifetime(signals) { () throws(Failure) in
      try GeneratedFile.write(
        generator, to: output, in: fileSystem, workers: workers, stop: stop)
    }
    if wasThere { StandardError.noteComplete(output) }
    try Output.write(
      "\(output): \(ratings.grouped) ratings, \(users.grouped) users × \(items.grouped) items, "
        + "\(LiveLine.seconds(since: begin).short) s\n")
  }
}
