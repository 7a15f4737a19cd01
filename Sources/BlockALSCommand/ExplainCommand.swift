import ArgumentParser
import BlockMatrix
import BlockStore
import Ranking
import Workers

/// `blockals explain`: a score as the sum of what a user's ratings add to it.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Shows which of a user's ratings carry the score of an item.",
    discussion: """
      A score is a sum: of what there is without the user (mean and bias of the item, in models \
      with biases), and of a part for each of the user's ratings, weight × similarity. The weight \
      is how much the rating says: its distance from what is expected without the user, or of \
      implicit feedback its confidence. The similarity is that of the rated item and the other as \
      this user sees them (Hu, Koren and Volinsky 2008, section 5).

      Prints the parts, the largest first, in lines of the kind 'rating'; before them 'baseline', \
      behind them 'others', which is all that --top left out, and 'score', their sum. The ratings \
      are those of the partition that the model was trained on. Models of stochastic gradient \
      descent or conjugate gradients are refused: their rows are not the solution of equations.

      Examples:
        blockals explain model --user alice --item Alien
        blockals explain model --user alice --item Alien --item Brazil --top 3 --json
        blockals explain model --user alice --item Alien --ratings moved.blocks
      """
  )

  @Argument(help: "The model directory.")
  var model: String

  @Option(help: ArgumentHelp("A user of the model.", valueName: "id"))
  var user: String

  @Option(help: ArgumentHelp("An item of the model; may be given several times.", valueName: "id"))
  var item: [String]

  @Option(
    help: ArgumentHelp(
      """
      The partition that the model was trained on. (default: where it was then)
      """, valueName: "dir"))
  var ratings: String?

  @Option(help: "How many ratings to print for each item; the others are summed.")
  var top = 10

  @OptionGroup var titles: TitleOptions

  @OptionGroup var damage: DamageOptions

  @OptionGroup(title: "Output") var output: AnswerOptions

  func validate() throws {
    guard top >= 1 else { throw ValidationError("--top \(top) is not at least 1.") }
    guard !item.isEmpty else { throw ValidationError("Name an item with --item.") }
  }

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let workers = try output.threads.count(in: fileSystem)
    let loaded = try damage.open(model, in: fileSystem, workers: workers)
    let (users, _) = try IdList.indices(
      of: [Array(user.utf8)[...]], on: .user, of: loaded.model, skipUnknown: false)
    let (items, _) = try IdList.indices(
      of: item.map { Array($0.utf8)[...] }, on: .item, of: loaded.model, skipUnknown: false)
    let explainer = try Explainer(
      users[0], of: loaded, ratings: origin(of: loaded, in: fileSystem), workers: workers)
    var text = ExplanationText(
      output.wantedFormat, ids: loaded.model.ids, top: top,
      titles: try titles.read(for: loaded.model.ids.item, in: fileSystem))
    text.isSpreadsheetSafe = output.spreadsheetSafe
    var bytes = text.opening
    for (position, item) in items.enumerated() {
      try text.append(
        explainer.explain(item), of: users[0], isFirst: position == 0, to: &bytes)
    }
    try StopSignals.watch { stop throws(Failure) in
      let sink = try AnswerSink(output.path, in: fileSystem, stop: stop)
      try sink.write(bytes + text.closing)
      try sink.commit()
    }
  }

  /// The partition that was named, or the one that the model was trained on.
  private func origin(
    of loaded: LoadedModel, in fileSystem: PosixFileSystem
  ) throws(Failure) -> Partition {
    if let ratings { return try Partition.open(ratings, in: fileSystem) }
    let path = loaded.facts.partitionPath
    switch try loaded.origin(in: fileSystem) {
    case .found(let partition): return partition
    case .changed:
      throw Failure(
        .mismatch, at: path, "has other ratings by now than the model was trained on",
        hint: "name the partition that it was trained on with --ratings DIR")
    case .missing:
      throw Failure(
        .missingInput, at: path, "is no longer there, and the model was trained on it",
        hint: "name it with --ratings DIR where it is elsewhere")
    }
  }
}
