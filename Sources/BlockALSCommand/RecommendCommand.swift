import ArgumentParser
import BlockMatrix
import BlockPartition
import BlockStore
import Ranking
import RatingInput
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

      Examples:
        blockals recommend model alice bob
        blockals recommend model --top 20 --exclude ratings.blocks alice
        blockals recommend model --users all --exclude ratings.blocks -o top10.tsv
        blockals recommend model --users customers.txt --skip-unknown --format csv
        blockals recommend model --new-users new-ratings.csv --deny sold-out.txt
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

  @OptionGroup(title: "New users") var newcomers: NewUserOptions

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

  @Flag(help: "Leave unknown users out, and count them, in place of an error.")
  var skipUnknown = false

  @OptionGroup(title: "Output")
  var output: AnswerOptions

  func validate() throws {
    guard top >= 1 else { throw ValidationError("--top \(top) is not at least 1.") }
    let ways = [!ids.isEmpty, users != nil, newcomers.path != nil]
    guard ways.count(where: { $0 }) == 1 else {
      throw ValidationError("Name users, or give --users FILE, --users all or --new-users FILE.")
    }
    guard newcomers.path == nil || exclude == nil else {
      throw ValidationError(
        "--exclude is for users of the model; new users never get what they have rated.")
    }
    try output.validate()
  }

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let loaded = try LoadedModel.forAnswers(model, in: fileSystem)
    let items = try wantedItems(loaded.model, fileSystem)
    if let path = newcomers.path {
      let (newUsers, users) = try solveNewUsers(path, in: loaded, fileSystem)
      let recommender = try Recommender(
        newUsers.model, items: items,
        seen: { users throws(Failure) in newUsers.items(ofUsers: users) })
      return try write(recommender, users, fileSystem)
    }
    let users = try wantedUsers(loaded.model, fileSystem)
    let seen = try exclude.map { directory throws(Failure) in
      try loaded.seenRatings(of: Partition.open(directory, in: fileSystem))
    }
    try write(Recommender(loaded.model, items: items, seen: seen), users, fileSystem)
  }

  private func write(
    _ recommender: Recommender, _ users: [UInt32], _ fileSystem: PosixFileSystem
  ) throws(Failure) {
    let text = AnswerText.recommendations(
      output.wantedFormat, items: recommender.model.ids.item)
    let userIds = recommender.model.ids.user
    let progress = WorkProgress("users")
    let stop = StopRequest()
    let signals = StopSignals(stop)
    let sink = try AnswerSink(output.path, in: fileSystem, stop: stop)
    defer { withExtendedLifetime(signals) { progress.clear() } }
    try sink.write(text.opening)
    try recommender.recommend(
      to: users, limit: top, workers: output.workers(in: fileSystem),
      transform: { first, rankings throws(Failure) in
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
        try sink.write(bytes)
        progress.update(done, of: users.count)
      })
    try sink.write(text.closing)
    try sink.commit()
  }

  /// Reads new users' ratings and solves their factors; also, which of them to answer.
  private func solveNewUsers(
    _ path: String, in loaded: LoadedModel, _ fileSystem: PosixFileSystem
  ) throws(Failure) -> (NewUsers, [UInt32]) {
    let workers = output.workers(in: fileSystem)
    let text = try readRatings(
      [path], source: try newcomers.source(), in: fileSystem, workers: workers,
      standardInput: fileSystem.standardInput)
    let newUsers = try NewUsers(
      HoldoutRatings(users: text.users, items: text.items, values: text.values), ids: text.ids,
      in: loaded, workers: workers)
    let total = newUsers.model.ids.user.count
    if newUsers.unknownRatings > 0 {
      note(
        "\(newUsers.unknownRatings.grouped) of \(text.count.grouped) ratings are of unknown items")
    }
    guard let first = newUsers.emptyUsers.first else { return (newUsers, Array(0..<UInt32(total))) }
    guard skipUnknown else {
      throw Failure(
        .data, at: "user \"\(printable(newUsers.model.ids.user[Int(first)]))\"",
        "has rated no item that the model knows",
        hint: "give --skip-unknown to leave such users out")
    }
    note("\(newUsers.emptyUsers.count.grouped) of \(total.grouped) users have no known item")
    let empty = Set(newUsers.emptyUsers)
    return (newUsers, (0..<UInt32(total)).filter { !empty.contains($0) })
  }

  /// The indices of the users that were asked for, in that order.
  private func wantedUsers(
    _ model: FactorModel, _ fileSystem: PosixFileSystem
  ) throws(Failure) -> [UInt32] {
    if users == "all" { return Array(0..<UInt32(model.ids.user.count)) }
    let listed =
      try users.map { path throws(Failure) in try IdList.read(path, in: fileSystem) }
      ?? ids.map { Array($0.utf8)[...] }
    let (known, unknown) = try IdList.indices(
      of: listed, on: .user, of: model, skipUnknown: skipUnknown)
    if unknown > 0 { note("\(unknown.grouped) of \(listed.count.grouped) users are unknown") }
    return known
  }

  /// The indices of the items to choose from; nothing where all are.
  private func wantedItems(
    _ model: FactorModel, _ fileSystem: PosixFileSystem
  ) throws(Failure) -> [UInt32]? {
    guard items != nil || deny != nil else { return nil }
    var isAllowed = [Bool](repeating: items == nil, count: model.ids.item.count)
    for (path, allows) in [(items, true), (deny, false)] {
      guard let path else { continue }
      let listed = try IdList.read(path, in: fileSystem)
      let (known, unknown) = try IdList.indices(
        of: listed, on: .item, of: model, skipUnknown: true)
      if unknown > 0 {
        note("\(unknown.grouped) of \(listed.count.grouped) items in \(path) are unknown")
      }
      for index in known { isAllowed[Int(index)] = allows }
    }
    return isAllowed.indices.filter { isAllowed[$0] }.map { UInt32($0) }
  }

  private func note(_ text: String) { StandardError.write("blockals: \(text)\n") }
}

/// Users that the model was not trained on, and how their ratings are written.
struct NewUserOptions: ParsableArguments {
  @Option(
    name: .customLong("new-users"),
    help: ArgumentHelp(
      """
      Ratings of users to answer, whether the model knows them or not: their factors are solved \
      from these ratings alone. They do not get what they have rated. ('-' reads standard input)
      """, valueName: "file"))
  var path: String?

  @Option(
    name: .customLong("input-format"),
    help: "Their format, as partition's --format: auto, csv, tsv, movielens or matrixmarket.")
  var format: RatingFormat = .auto

  @Option(
    help: ArgumentHelp(
      "Their columns, as partition's --columns.", valueName: "user,item,rating"))
  var columns: String?

  @Flag(inversion: .prefixedNo, help: "Whether their first line is a header.")
  var header: Bool?

  @Flag(help: "Each line is a rating of 1.")
  var noRating = false

  /// - Throws: `.usage` where the columns are not understood.
  func source() throws(Failure) -> RatingSource {
    var source = RatingSource(format: format, withoutRating: noRating, hasHeader: header)
    if let columns {
      source.columns = try RatingSource.columns(columns, withoutRating: noRating)
    }
    return source
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
      "Write to this file, which must not exist, and not to standard output.", valueName: "file"))
  var path: String?

  @Option(help: "Threads that rank at once. (default: the cores granted to this process)")
  var workers: Int?

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers \(workers) is not at least 1.") }
  }

  var wantedFormat: AnswerFormat { json ? .json : format }

  func workers(in fileSystem: any FileSystem) -> Int {
    workers ?? GrantedCores.count(in: fileSystem)
  }
}
