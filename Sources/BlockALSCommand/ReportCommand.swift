import ArgumentParser
import BlockMatrix
import BlockStore
import ModelPage
import Ranking
import Training
import Tuning

/// `blockals report`: a model as a page.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Shows a model as a page for the browser.",
    discussion: """
      Writes one HTML file that needs nothing else, neither a network nor scripts: how objective \
      and errors went, seconds by phase, what the workers did, how ratings lie on users and items, \
      blocks, settings, digests, and what the model recommends to some users. Point at a mark to \
      read its number. The same model gives the same bytes, as long as its ratings and its log \
      (training.jsonl in the model's directory) are there.

      Examples:
        blockals report model -o report.html
        blockals report model --titles movies.csv --user ann --user bob -o report.html
        blockals report tuned --tuning ratings.blocks.tuning -o report.html
      """
  )

  @Argument(help: "The model directory.", completion: .directory)
  var model: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The file, which must not exist or hold the same. (default: MODEL.html)", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "A record that tune has written; what it has of these ratings becomes a table.",
      valueName: "record"))
  var tuning: String?

  @OptionGroup var titles: TitleOptions

  @Option(
    help: ArgumentHelp(
      """
      A user to recommend items to; may be given several times. (default: the users with the most, \
      the median and the fewest ratings)
      """, valueName: "id"))
  var user: [String] = []

  @Option(help: "How many items are recommended to each.")
  var top = 10

  @OptionGroup var damage: DamageOptions

  @OptionGroup var threads: WorkerOptions

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    guard (1...1000).contains(top) else {
      throw ValidationError("--top \(top) is not between 1 and 1000.")
    }
  }

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let page = try page(fileSystem)
    let path = output ?? "\(Path.trimmed(model)).html"
    let bytes = Array(page.html.utf8)
    let file = try NewFile(path, in: fileSystem)
    try file.write(bytes)
    try file.commit()
    if file.isTaken { StandardError.noteComplete(path) }
    let summary: JSONText = ["output": .string(path), "bytes": .int(bytes.count)]
    try Output.write(
      "\(path): a page of \(ByteSize.describe(bytes.count)); open it in a browser\n",
      orJSON: json ? summary : nil)
  }

  private func page(_ fileSystem: PosixFileSystem) throws(Failure) -> ModelPage {
    let workers = try threads.count(in: fileSystem)
    let loaded = try damage.open(model, in: fileSystem, workers: workers)
    let store = try ModelDirectory.open(model, in: fileSystem)
    guard let (_, facts, digest, _) = try store.inspect(workers: workers) else {
      throw Failure(.bug, at: model, "has lost its generations")
    }
    let partition = try origin(of: loaded, fileSystem)
    let tuning = try tuning.map { path throws(Failure) in
      try comparisons(path, of: facts, fileSystem)
    }
    return try ModelPage(
      name: Path.name(of: model), facts: facts, digest: digest,
      log: TrainingLog(of: store, through: facts.iteration),
      counts: loaded.model.ids.map(\.counts), partition: partition?.facts, tuning: tuning ?? [],
      examples: examples(loaded, partition, workers, fileSystem))
  }

  private func origin(
    of loaded: LoadedModel, _ fileSystem: PosixFileSystem
  ) throws(Failure) -> Partition? {
    if case .found(let partition) = try loaded.origin(in: fileSystem) { return partition }
    StandardError.note(
      "warning: the ratings of the model are not in \(loaded.facts.partitionPath) any more: the "
        + "page does without them, and recommends also what users have rated")
    return nil
  }

  private func comparisons(
    _ path: String, of facts: GenerationFacts, _ fileSystem: PosixFileSystem
  ) throws(Failure) -> [TuningComparison] {
    let found = try TuningComparison.read(path, ratings: facts.partitionDigest, in: fileSystem)
    if found.isEmpty { StandardError.note("warning: \(path) has nothing of the model's ratings") }
    return found
  }

  // MARK: Examples

  private func examples(
    _ loaded: LoadedModel, _ partition: Partition?, _ workers: Int, _ fileSystem: PosixFileSystem
  ) throws(Failure) -> [ModelPage.Example] {
    let model = loaded.model
    let count = model.ids.user.count
    let users =
      try user.isEmpty
      // Indices descend by ratings: these are the most, the median and the fewest.
      ? Set([0, count / 2, count - 1]).filter { (0..<count).contains($0) }.sorted()
        .map { UInt32($0) }
      : IdList.indices(
        of: user.map { Array($0.utf8)[...] }, on: .user, of: model, skipUnknown: false
      ).known
    let titles = try titles.read(for: model.ids.item, in: fileSystem)
    let seen = try partition.map { partition throws(Failure) in
      try loaded.seenRatings(of: partition)
    }
    var rankings: [[Candidate]] = []
    try Recommender(model, seen: seen?.source).recommend(
      to: users, limit: top, workers: workers, transform: { $1 }, emit: { rankings += $1 })
    func name(_ item: UInt32) -> String {
      String(decoding: titles?[Int(item)] ?? model.ids.item[Int(item)], as: UTF8.self)
    }
    return try zip(users, rankings).map { user, ranking throws(Failure) in
      ModelPage.Example(
        user: String(decoding: model.ids.user[Int(user)], as: UTF8.self),
        ratingCount: Int(model.ids.user.counts[Int(user)]),
        liked: try
          (partition.map { partition throws(Failure) in
            try Self.liked(by: Int(user), in: partition)
          } ?? []).map { ModelPage.Item(name: name($0.item), value: $0.value) },
        recommended: ranking.map { ModelPage.Item(name: name($0.index), value: $0.score) })
    }
  }

  private static let mostLiked = 5

  /// The highest ratings of a user, of equal ones those of the items with more ratings.
  private static func liked(
    by user: Int, in partition: Partition
  ) throws(Failure) -> [(item: UInt32, value: Float)] {
    let number = partition.facts.grids.user.block(containing: user)
    let block = try partition.readBlock(number, of: .user)
    let ratings = block.ratings(ofRow: user - block.firstIndex)
      .map { (item: block.columns[$0], value: block.value(at: $0)) }
    return Array(ratings.sorted { ($1.value, $0.item) < ($0.value, $1.item) }.prefix(mostLiked))
  }
}
