import ArgumentParser
import BlockMatrix
import BlockStore
import Ranking
import Workers

extension AnswerFormat: ExpressibleByArgument {}

/// `blockals recommend`: factors in, rankings out.
struct RecommendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recommend",
    abstract: "Ranks items for users, or users for items.",
    discussion: """
      Prints user, item, rank and score, with your own ids, best first; of equal scores the item \
      with more training ratings first. The ranking is exact. What users have rated in the \
      partition that the model was trained on is left out, where it is still there, and a line on \
      standard error says so. In TSV a tabulator, line feed, \
      carriage return or backslash inside an id is written as \\t, \\n, \\r or \\\\; CSV quotes as \
      RFC 4180 says; both keep all other bytes. JSON lines need ids that are UTF-8.

      --for-items ranks users for items: those that would like each most, without those that have \
      rated it, and prints item, user, rank and score.

      --new-users ranks items for users that the model was not trained on, without those that \
      they have rated. --new-items ranks the new items alone, for the users that you name or for \
      all, without those that a user has rated.

      Examples:
        blockals recommend model alice bob
        blockals recommend model --top 20 --include-seen alice
        blockals recommend model --users all --exclude newest.blocks -o top10.tsv
        blockals recommend model --users customers.txt --skip-unknown --format csv
        blockals recommend model --min-item-ratings 5 --clip --titles movies.csv alice
        blockals recommend model --for-items all --top 100 -o customers.tsv
        blockals recommend model --new-users new-ratings.csv --not-among sold-out.txt
        blockals recommend model --new-items first-ratings.csv --top 1
      """
  )

  @Argument(help: "The model directory.")
  var model: String

  @Argument(help: ArgumentHelp("Ids of users.", valueName: "user"))
  var ids: [String] = []

  @Option(
    help: ArgumentHelp(
      "A file of user ids, one a line ('-' reads standard input), or 'all'.", valueName: "file"))
  var users: String?

  @Option(
    help: ArgumentHelp(
      """
      Rank users for items, and not items for users: a file of item ids, one a line ('-' reads \
      standard input), or 'all'.
      """, valueName: "file"))
  var forItems: String?

  @OptionGroup(title: "New users or items") var newRows: NewRowOptions

  @Option(help: "How many places each ranking has.")
  var top = 10

  @OptionGroup var seen: SeenOptions

  @OptionGroup var candidates: CandidateOptions

  @Option(
    help: ArgumentHelp(
      """
      Rank only items with at least so many training ratings: of an item with few, a model with \
      little regularization believes too much.
      """, valueName: "n"))
  var minItemRatings: Int?

  @Flag(
    help: """
      Print scores kept within the lowest and the highest training rating; the ranking is as \
      without.
      """)
  var clip = false

  @OptionGroup var titles: TitleOptions

  @Flag(
    help: """
      Leave unknown users out, and count them, in place of an error; also new users and items \
      without a known rating.
      """)
  var skipUnknown = false

  @OptionGroup var damage: DamageOptions

  @OptionGroup(title: "Output")
  var output: AnswerOptions

  func validate() throws {
    guard top >= 1 else { throw ValidationError("--top \(top) is not at least 1.") }
    let ways = [!ids.isEmpty, users != nil, newRows.users != nil, forItems != nil].count { $0 }
    guard ways == 1 || (ways == 0 && newRows.items != nil) else {
      throw ValidationError(
        """
        Name users, or give --users FILE, --users all, --for-items FILE, --for-items all or \
        --new-users FILE.
        """)
    }
    guard forItems == nil || (newRows.given == nil && minItemRatings == nil) else {
      throw ValidationError(
        "--for-items ranks users: --new-items and --min-item-ratings do not go with it.")
    }
    if let minItemRatings, minItemRatings < 1 {
      throw ValidationError("--min-item-ratings \(minItemRatings) is not at least 1.")
    }
    try newRows.validate()
    try seen.validate()
    guard newRows.given == nil || seen.exclude == nil else {
      throw ValidationError(
        """
        --exclude goes with users and items of the model; what a user has rated in the file of \
        --new-users or --new-items is left out anyway.
        """)
    }
    let paths = [
      users, forItems, candidates.among, candidates.notAmong, titles.path, newRows.given?.path,
    ]
    guard paths.count(where: { $0 == "-" }) <= 1 else {
      throw ValidationError("Only one file can be standard input.")
    }
  }

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let workers = try output.threads.count(in: fileSystem)
    let loaded = try damage.open(model, in: fileSystem, workers: workers)
    let scale = try clip ? loaded.ratingScale(for: "--clip") : nil
    let new = try newRows.solve(
      in: loaded, skipUnknown: skipUnknown, workers: workers, fileSystem)
    let model = new?.model ?? loaded.model
    let indices = new?.side == .user ? new?.ratedRows ?? [] : try subjects(model, fileSystem)
    let candidates = try candidates(
      model, within: new?.side == .item ? new?.ratedRows : nil, fileSystem)
    let titles = try titles.read(for: model.ids.item, in: fileSystem)
    let kept = new == nil ? try seen.ratings(of: loaded, side: side, in: fileSystem) : nil
    let recommender = try Recommender(
      model, for: side, among: candidates,
      seen: seen.includeSeen ? nil : new?.seen ?? kept?.ratings.source)
    var text = AnswerText.recommendations(
      output.wantedFormat, for: side, ids: model.ids, titles: titles, scale: scale,
      excluded: kept?.directory)
    text.isSpreadsheetSafe = output.spreadsheetSafe
    try RankingWriter(text: text, indices: indices, name: side.plural).write(
      to: output.path, in: fileSystem
    ) { transform, emit throws(Failure) in
      try recommender.recommend(
        to: indices, limit: top, workers: workers, transform: transform, emit: emit)
    }
  }

  /// Whom rankings are for.
  private var side: Side { forItems == nil ? .user : .item }

  /// The indices of the users or items that rankings are for.
  private func subjects(
    _ model: FactorModel, _ fileSystem: PosixFileSystem
  ) throws(Failure) -> [UInt32] {
    let listed = forItems ?? (users == nil && ids.isEmpty ? "all" : users)
    return try IdList.wanted(
      listed, or: ids, on: side, of: model, skipUnknown: skipUnknown, fileSystem)
  }

  /// The indices to choose from; `nil` for all.
  ///
  /// - Parameter some: The only indices that may be, where not all.
  private func candidates(
    _ model: FactorModel, within some: [UInt32]?, _ fileSystem: PosixFileSystem
  ) throws(Failure) -> [UInt32]? {
    let listed = try candidates.indices(
      on: side.opposite, of: model, within: some, fileSystem)
    guard let least = minItemRatings else { return listed }
    let counts = model.ids.item.counts
    return (listed ?? Array(0..<UInt32(counts.count))).filter { counts[Int($0)] >= least }
  }
}

/// How rankings are written.
struct AnswerOptions: ParsableArguments {
  @Option(
    help: "The form: \(AnswerFormat.tsv.rawValue), \(AnswerFormat.csv.rawValue) or jsonl.")
  var format = AnswerFormat.tsv

  @Flag(help: "Print one JSON object.")
  var json = false

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp(
      """
      Write to this file, which must not exist or hold the same, and not to standard output.
      """, valueName: "file"))
  var path: String?

  @Flag(help: "In CSV, put ' before text that a spreadsheet would take for a formula.")
  var spreadsheetSafe = false

  @OptionGroup var threads: WorkerOptions

  func validate() throws {
    guard !spreadsheetSafe || wantedFormat == .csv else {
      throw ValidationError("--spreadsheet-safe goes with --format csv.")
    }
  }

  var wantedFormat: AnswerFormat { json ? .json : format }
}
