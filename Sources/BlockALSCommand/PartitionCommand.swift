import ArgumentParser
import BlockMatrix
import BlockPartition
import BlockStore
import Workers

/// `blockals partition`: ratings as text into blocks on disk.
struct PartitionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "partition",
    abstract: "Cuts ratings into blocks on disk, ready for training.",
    discussion: """
      Reads CSV, TSV, MovieLens and Matrix Market files, plain, .gz or .zst; - is standard input. \
      Several files are read one after another. Ids are any bytes and come back unchanged. The \
      partition appears complete or not at all.

      In CSV, fields are quoted after RFC 4180. Lines end with LF or CRLF; blank lines are \
      skipped. Every line has as many fields as the first one. A rating is a decimal number. \
      Where fields cannot be told apart, as after a stray quote, the record is bad up to the end \
      of that line; where a quote is not closed within 1 MiB, up to that of the line that opens \
      it. With --max-bad, the first lines may be bad too: of the first 100, a later one tells the \
      columns where those before it cannot, or have another number of fields than most.

      Examples:
        blockals partition ratings.csv -o ratings.blocks
        blockals partition --holdout 0.1 --seed 7 part-1.csv.gz part-2.csv.gz -o ratings.blocks
        zcat log.tsv.gz | blockals partition - --no-rating --duplicates sum -o log.blocks
        blockals partition --columns 3,1,2 --max-bad 100 --rejects bad.csv ratings.csv
        blockals partition --add monday.blocks tuesday.csv --duplicates last -o tuesday.blocks
        blockals partition --from-command "duckdb -csv -c \\"SELECT u, i, r FROM 'r.parquet'\\"" \
      -o r.blocks
        blockals partition u.data --holdout-last 1 -o u.blocks
        blockals partition --columns who,what,stars,at --time-format iso8601 --holdout-from \
      2024-06-01 log.csv
        blockals partition plays.tsv --no-rating --duplicates sum --half-life 90d --since 2023-01-01

      Minimum counts are applied first, to users and items in turn until all that are left have \
      enough; then the hold-out is drawn, by a hash of seed, user id and item id, or by time.

      With --add, the result is what the text of all would make, byte for byte: its ratings, those \
      that were kept back too, come first, and minimum counts, duplicates and hold-out are settled \
      anew. What the partition has left out of its text is missing, and counted. Its own way with \
      duplicates must be error, keep (not with last), or the same last or sum; sums of others than \
      whole numbers can differ in their last digit.

      What --from-command runs is believed only if it ends with 0; else nothing is kept, and the \
      exit code is 74. It has no standard input, and is ended when the partitioning is stopped.

      Times are read where an option asks for them: from the column that --columns names last, or \
      a well-known name in the header, else the fourth column (with --no-rating, the last of \
      three). All ratings of a pair have the time of its latest. --holdout-last goes by time and, \
      at one time, by the bytes of the item's id; a user with no more pairs than it says keeps all \
      of them. --half-life multiplies each rating by a power of two, the newest by 1, before \
      duplicates are settled.
      """
  )

  @Argument(help: ArgumentHelp("Files of ratings; - is standard input.", valueName: "file"))
  var files: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      """
      The partition's directory, which must not exist or be this partition. (default: Partitions/ \
      and the first file's base name)
      """,
      valueName: "dir"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "A partition whose ratings come before those of the files; it stays as it is.",
      valueName: "dir"))
  var add: [String] = []

  @Option(
    help: ArgumentHelp(
      "Run this by /bin/sh and read what it writes, after all files.", valueName: "command"))
  var fromCommand: [String] = []

  @OptionGroup(title: "Input") var input: RatingInputOptions

  @Option(help: ArgumentHelp("Blocks of users. (default: one per million ratings)", valueName: "n"))
  var userBlocks: Int?

  @Option(help: ArgumentHelp("Blocks of items. (default: one per million ratings)", valueName: "n"))
  var itemBlocks: Int?

  @Option(
    help: """
      What to do with several ratings of one user and item: error, last (by time where times are \
      read; of one time, and without times, in input order), sum, mean or keep.
      """)
  var duplicates: DuplicatePolicy = .error

  @Option(help: ArgumentHelp("Drop users with fewer ratings.", valueName: "n"))
  var minUserRatings = 1

  @Option(help: ArgumentHelp("Drop items with fewer ratings.", valueName: "n"))
  var minItemRatings = 1

  @Option(
    help: ArgumentHelp("Keep this share of the pairs back from training.", valueName: "fraction"))
  var holdout: Double?

  @Option(help: "Which pairs are kept back.")
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "Keep the latest pairs of each user that has more of them back from training.",
      valueName: "n"))
  var holdoutLast: Int?

  @Option(
    help: ArgumentHelp(
      "Keep all pairs with a rating from this time on back from training.", valueName: "time"))
  var holdoutFrom: String?

  @Option(
    help: ArgumentHelp(
      """
      A rating that is so much older than the newest counts half, as 90d or 12h: for implicit \
      feedback.
      """, valueName: "duration"))
  var halfLife: TimeSpan?

  @Option(
    help: ArgumentHelp(
      """
      The memory to work in, as 512M or 4G; more goes through files beside the output. The program \
      itself takes up to 32M besides, and the window of a .zst file.
      """, valueName: "size"))
  var memory: ByteSize?

  @OptionGroup var threads: WorkerOptions

  @Option(
    help: ArgumentHelp(
      "Skip up to so many lines that hold no rating; the next is an error.",
      valueName: "n"))
  var maxBad = 0

  @Option(
    help: ArgumentHelp(
      "List skipped lines here: file, line, column, byte, reason, as CSV.",
      valueName: "file"))
  var rejects: String?

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  mutating func run() throws {
    ProcessHeap.share()
    let fileSystem = PosixFileSystem()
    let begin = ContinuousClock.now
    let settings = try settings(in: fileSystem)
    let directory = try outputDirectory()
    let line = PartitionLine()
    defer { line.clear() }
    let (facts, summary) = try StopSignals.watch(settings.stop) { _ throws(Failure) in
      try Partitioner.run(
        settings, inputs: files, output: directory, in: fileSystem,
        standardInput: fileSystem.standardInput, progress: line.show)
    }
    line.clear()
    if summary.wasThere { StandardError.noteComplete(directory) }
    let result = PartitionResult(
      directory: directory, facts: facts, summary: summary, seconds: begin.seconds)
    try Output.write(result, asJSON: json)
  }

  private func settings(in fileSystem: any FileSystem) throws(Failure) -> PartitionSettings {
    let needsTimes = holdoutLast != nil || holdoutFrom != nil || halfLife != nil
    var settings = PartitionSettings(source: try input.source(needsTimes: needsTimes))
    settings.added = add
    settings.commands = fromCommand
    settings.duplicates = duplicates
    settings.minimumRatings = PerSide(user: minUserRatings, item: minItemRatings)
    settings.holdout = try holdoutRule()
    settings.halfLife = halfLife.map { HalfLife(milliseconds: $0.milliseconds) }
    settings.blockCounts = PerSide(user: userBlocks, item: itemBlocks)
    settings.memory = memory?.byteCount
    settings.workers = try threads.count(in: fileSystem)
    settings.badLineLimit = maxBad
    settings.rejects = rejects
    try settings.check()
    return settings
  }

  private func holdoutRule() throws(Failure) -> HoldoutRule? {
    let given = [holdout != nil, holdoutLast != nil, holdoutFrom != nil]
    guard given.count(where: { $0 }) <= 1 else {
      throw Failure(
        .usage, "--holdout, --holdout-last and --holdout-from do not go together",
        hint: "choose one of them")
    }
    if let holdoutLast { return .last(holdoutLast) }
    if let holdoutFrom { return .from(try input.time(holdoutFrom, of: "holdout-from")) }
    return holdout.map { HoldoutRule(fraction: $0, seed: seed) }
  }

  /// Where the partition goes.
  private func outputDirectory() throws(Failure) -> String {
    if let output { return output }
    guard let first = files.first ?? fromCommand.first.map({ _ in "-" }) else {
      throw InputFiles.noneNamed
    }
    guard first != "-" else {
      throw Failure(
        .usage,
        "ratings from \(files.isEmpty ? "a command" : "standard input") have no name",
        hint: "name one with -o DIR")
    }
    var name = Path.name(of: first)
    for ending in [".gz", ".zst", ".csv", ".tsv", ".dat", ".txt", ".mtx", ".data"]
    where name.hasSuffix(ending) && name.utf8.count > ending.utf8.count {
      name.removeLast(ending.count)
    }
    return "Partitions/\(name)"
  }
}

extension DuplicatePolicy: ExpressibleByArgument {}
