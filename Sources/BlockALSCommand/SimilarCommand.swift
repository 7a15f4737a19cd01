import ArgumentParser
import BlockMatrix
import BlockStore
import Ranking
import Workers

/// `blockals similar`: cosine neighbours of items or users.
struct SimilarCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "similar",
    abstract: "Finds the items or users that are most like others.",
    discussion: """
      Compares factors by their cosine, from −1 to 1; biases take no part. New items and users \
      are compared with those of the model.

      Examples:
        blockals similar model --item Alien
        blockals similar model --item Alien --item Brazil --top 5 --format csv
        blockals similar model --user alice --json
        blockals similar model --items all --top 20 -o neighbours.tsv
        blockals similar model --items basket.txt --among in-stock.txt --titles movies.csv
        blockals similar model --new-items first-ratings.csv
      """
  )

  @Argument(help: "The model directory.")
  var model: String

  @Argument(help: .hidden)
  var strays: [String] = []

  @Option(help: ArgumentHelp("An item; may be given several times.", valueName: "id"))
  var item: [String] = []

  @Option(help: ArgumentHelp("A user; may be given several times.", valueName: "id"))
  var user: [String] = []

  @Option(
    help: ArgumentHelp(
      "A file of item ids, one a line ('-' reads standard input), or 'all'.", valueName: "file"))
  var items: String?

  @Option(
    help: ArgumentHelp(
      "A file of user ids, one a line ('-' reads standard input), or 'all'.", valueName: "file"))
  var users: String?

  @OptionGroup(title: "New users or items") var newRows: NewRowOptions

  @Option(help: "How many neighbours to print for each.")
  var top = 10

  @OptionGroup var candidates: CandidateOptions

  @OptionGroup var titles: TitleOptions

  @Flag(
    help: """
      Leave unknown ids out, in place of an error; also new users and items without a known \
      rating.
      """)
  var skipUnknown = false

  @OptionGroup var damage: DamageOptions

  @OptionGroup(title: "Output")
  var output: AnswerOptions

  func validate() throws {
    guard top >= 1 else { throw ValidationError("--top \(top) is not at least 1.") }
    try newRows.validate()
    if let stray = strays.first {
      throw ValidationError(
        "Is '\(stray)' an item or a user? Write --item \(stray) or --user \(stray).")
    }
    let ways = [!item.isEmpty, !user.isEmpty, items != nil, users != nil, newRows.given != nil]
    guard ways.count(where: { $0 }) == 1 else {
      throw ValidationError(
        """
        Name items with --item or --items FILE, or users with --user or --users FILE, or give \
        --new-items FILE or --new-users FILE.
        """)
    }
    guard titles.path == nil || side == .item else {
      throw ValidationError("--titles names items, and users are ranked.")
    }
    let paths = [
      items, users, candidates.among, candidates.notAmong, titles.path, newRows.given?.path,
    ]
    guard paths.count(where: { $0 == "-" }) <= 1 else {
      throw ValidationError("Only one file can be standard input.")
    }
  }

  /// Whose neighbours are wanted.
  private var side: Side {
    newRows.given?.side ?? (item.isEmpty && items == nil ? .user : .item)
  }

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let workers = try output.threads.count(in: fileSystem)
    let loaded = try damage.open(model, in: fileSystem, workers: workers)
    let new = try newRows.solve(
      in: loaded, skipUnknown: skipUnknown, workers: workers, fileSystem)
    let model = loaded.model
    let indices =
      try new?.ratedRows
      ?? IdList.wanted(
        items ?? users, or: side == .item ? item : user, on: side, of: model,
        skipUnknown: skipUnknown, fileSystem)
    let neighbours = try Neighbours(
      side, of: model, among: candidates.indices(on: side, of: model, fileSystem))
    var text = AnswerText.neighbours(
      output.wantedFormat, of: side, (new?.model ?? model).ids[side], ids: model.ids[side],
      titles: try titles.read(for: model.ids.item, in: fileSystem))
    text.isSpreadsheetSafe = output.spreadsheetSafe
    try RankingWriter(text: text, indices: indices, name: side.plural).write(
      to: output.path, in: fileSystem
    ) { transform, emit throws(Failure) in
      try neighbours.nearest(
        to: indices, of: new?.model.rows[side], limit: top, workers: workers,
        transform: transform, emit: emit)
    }
  }
}
