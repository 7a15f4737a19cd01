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
    abstract: "Ranks items for users.",
    discussion: """
      Prints user, item, rank and score, with your own ids, best first; of equal scores the item \
      with more training ratings first. The ranking is exact. In TSV a tabulator, line feed, \
      carriage return or backslash inside an id is written as \\t, \\n, \\r or \\\\; CSV quotes as \
      RFC 4180 says; both keep all other bytes. JSON lines need ids that are UTF-8.

      --new-users ranks items for users that the model was not trained on, without those that \
      they have rated. --new-items ranks the new items alone, for the users that you name or for \
      all, without those that a user has rated.

      Examples:
        blockals recommend model alice bob
        blockals recommend model --top 20 --exclude ratings.blocks alice
        blockals recommend model --users all --exclude ratings.blocks -o top10.tsv
        blockals recommend model --users customers.txt --skip-unknown --format csv
        blockals recommend model --new-users new-ratings.csv --deny sold-out.txt
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

  @OptionGroup(title: "New users or items") var newRows: NewRowOptions

  @Option(help: "How many items to rank for each user.")
  var top = 10

  @Option(
    help: ArgumentHelp(
      "A partition; what users have rated in it is not recommended to them.", valueName: "dir"))
  var exclude: String?

  @Option(help: ArgumentHelp("Recommend only items listed here, one id a line.", valueName: "file"))
  var items: String?

  @Option(help: ArgumentHelp("Recommend no item listed here, one id a line.", valueName: "file"))
  var deny: String?

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
    let ways = [!ids.isEmpty, users != nil, newRows.users != nil].count { $0 }
    guard ways == 1 || (ways == 0 && newRows.items != nil) else {
      throw ValidationError("Name users, or give --users FILE, --users all or --new-users FILE.")
    }
    try newRows.validate()
    guard newRows.given == nil || exclude == nil else {
      throw ValidationError(
        """
        --exclude goes with users and items of the model; what a user has rated in the file of \
        --new-users or --new-items is left out anyway.
        """)
    }
    guard [users, items, deny, newRows.given?.path].count(where: { $0 == "-" }) <= 1 else {
      throw ValidationError("Only one file can be standard input.")
    }
    try output.validate()
  }

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let workers = output.workers(in: fileSystem)
    let loaded = try damage.open(model, in: fileSystem, workers: workers)
    let new = try newRows.solve(
      in: loaded, skipUnknown: skipUnknown, workers: workers, fileSystem)
    let model = new?.model ?? loaded.model
    let users =
      new?.side == .user ? new?.ratedRows ?? [] : try wantedUsers(model, fileSystem)
    let items = try wantedItems(
      model, among: new?.side == .item ? new?.ratedRows : nil, fileSystem)
    let seen = try exclude.map { directory throws(Failure) in
      try loaded.seenRatings(of: Partition.open(directory, in: fileSystem))
    }
    try write(Recommender(model, items: items, seen: new?.seen ?? seen), users, fileSystem)
  }

  private func write(
    _ recommender: Recommender, _ users: [UInt32], _ fileSystem: PosixFileSystem
  ) throws(Failure) {
    var text = AnswerText.recommendations(
      output.wantedFormat, items: recommender.model.ids.item)
    text.isSpreadsheetSafe = output.spreadsheetSafe
    let userIds = recommender.model.ids.user
    let progress = WorkProgress("users")
    let stop = StopRequest()
    let signals = try StopSignals(stop)
    let sink = try AnswerSink(output.path, in: fileSystem, stop: stop)
    defer { withExtendedLifetime(signals) { progress.clear() } }
    // Written with the first rankings: where those cannot be made, nothing is answered.
    var opening = text.opening
    try recommender.recommend(
      to: users, limit: top, workers: output.workers(in: fileSystem),
      transform: { [text] first, rankings throws(Failure) in
        var bytes: [UInt8] = []
        for (position, ranking) in zip(first..., rankings) {
          try text.append(
            ranking, position: position, of: userIds[Int(users[position])], to: &bytes)
        }
        return bytes
      },
      emit: { done, bytes throws(Failure) in
        guard !stop.isSet else {
          throw Failure(
            .stopped, "\(done.grouped) of \(users.count.grouped) users were ranked",
            hint: "run the same command again")
        }
        try sink.write(opening + bytes)
        opening = []
        progress.update(done, of: users.count)
      })
    try sink.write(opening + text.closing)
    try sink.commit()
  }

  /// The indices of the users that were asked for, in that order.
  private func wantedUsers(
    _ model: FactorModel, _ fileSystem: PosixFileSystem
  ) throws(Failure) -> [UInt32] {
    if users == "all" || (users == nil && ids.isEmpty) {
      return Array(0..<UInt32(model.ids.user.count))
    }
    let listed =
      try users.map { path throws(Failure) in try IdList.read(path, in: fileSystem) }
      ?? ids.map { Array($0.utf8)[...] }
    let (known, unknown) = try IdList.indices(
      of: listed, on: .user, of: model, skipUnknown: skipUnknown)
    if unknown > 0 {
      StandardError.note("\(unknown.grouped) of \(listed.count.grouped) users are unknown")
    }
    return known
  }

  /// The indices of the items to choose from; `nil` for all.
  ///
  /// - Parameter some: The only items that may be, where not all.
  private func wantedItems(
    _ model: FactorModel, among some: [UInt32]?, _ fileSystem: PosixFileSystem
  ) throws(Failure) -> [UInt32]? {
    guard items != nil || deny != nil else { return some }
    var isAllowed = [Bool](repeating: items == nil, count: model.ids.item.count)
    for (path, allows) in [(items, true), (deny, false)] {
      guard let path else { continue }
      let listed = try IdList.read(path, in: fileSystem)
      let (known, unknown) = try IdList.indices(
        of: listed, on: .item, of: model, skipUnknown: true)
      if unknown > 0 {
        StandardError.note(
          "\(unknown.grouped) of \(listed.count.grouped) items in \(path) are unknown")
      }
      for index in known { isAllowed[Int(index)] = allows }
    }
    return (some ?? Array(0..<UInt32(isAllowed.count))).filter { isAllowed[Int($0)] }
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

  @Flag(help: "In CSV, put ' before ids that a spreadsheet would take for a formula.")
  var spreadsheetSafe = false

  @Option(help: "Threads that rank at once. (default: the cores granted to this process)")
  var workers: Int?

  func validate() throws {
    try GrantedCores.validate(workers)
    guard !spreadsheetSafe || wantedFormat == .csv else {
      throw ValidationError("--spreadsheet-safe goes with --format csv.")
    }
  }

  var wantedFormat: AnswerFormat { json ? .json : format }

  func workers(in fileSystem: any FileSystem) -> Int {
    workers ?? GrantedCores.count(in: fileSystem)
  }
}
