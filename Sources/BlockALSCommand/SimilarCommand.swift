import ArgumentParser
import BlockMatrix
import BlockStore
import Ranking
import Workers

/// `blockals similar`: cosine neighbours of items or users.
struct SimilarCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "similar",
    abstract: "Finds the items or users that are most like one.",
    discussion: """
      Compares factors by their cosine, from −1 to 1; biases take no part. New items and users \
      are compared with those of the model.

      Examples:
        blockals similar model --item Alien
        blockals similar model --item Alien --item Brazil --top 5 --format csv
        blockals similar model --user alice --json
        blockals similar model --new-items first-ratings.csv
      """
  )

  @Argument(help: "The model directory.")
  var model: String

  @Option(help: ArgumentHelp("An item; may be given several times.", valueName: "id"))
  var item: [String] = []

  @Option(help: ArgumentHelp("A user; may be given several times.", valueName: "id"))
  var user: [String] = []

  @OptionGroup(title: "New users or items") var newRows: NewRowOptions

  @Option(help: "How many neighbours to print for each.")
  var top = 10

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
    guard [!item.isEmpty, !user.isEmpty, newRows.given != nil].count(where: { $0 }) == 1 else {
      throw ValidationError(
        """
        Name either items with --item, or users with --user, or give --new-items FILE or \
        --new-users FILE.
        """)
    }
    try output.validate()
  }

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let workers = output.workers(in: fileSystem)
    let loaded = try damage.open(model, in: fileSystem, workers: workers)
    let side: Side = newRows.given?.side ?? (item.isEmpty ? .user : .item)
    let subjects: IdTable
    let indices: [UInt32]
    let rankings: [[Candidate]]
    if let new = try newRows.solve(
      in: loaded, skipUnknown: skipUnknown, workers: workers, fileSystem)
    {
      subjects = new.model.ids[side]
      indices = new.ratedRows
      rankings = try Neighbours(side, of: loaded.model).nearest(
        to: indices, of: new.model.rows[side], limit: top, workers: workers)
    } else {
      subjects = loaded.model.ids[side]
      indices = try namedRows(side, of: loaded.model)
      rankings = try Neighbours(side, of: loaded.model).nearest(
        to: indices, limit: top, workers: workers)
    }
    var text = AnswerText.neighbours(
      output.wantedFormat, of: side, ids: loaded.model.ids[side])
    text.isSpreadsheetSafe = output.spreadsheetSafe
    var bytes = text.opening
    for (position, (index, ranking)) in zip(indices, rankings).enumerated() {
      try text.append(ranking, position: position, of: subjects[Int(index)], to: &bytes)
    }
    let stop = StopRequest()
    let signals = try StopSignals(stop)
    try withExtendedLifetime(signals) { () throws(Failure) in
      let sink = try AnswerSink(output.path, in: fileSystem, stop: stop)
      try sink.write(bytes + text.closing)
      try sink.commit()
    }
  }

  /// The indices of the ids that were named, in that order.
  private func namedRows(
    _ side: Side, of model: FactorModel
  ) throws(Failure) -> [UInt32] {
    let listed = (side == .item ? item : user).map { Array($0.utf8)[...] }
    let (indices, unknown) = try IdList.indices(
      of: listed, on: side, of: model, skipUnknown: skipUnknown)
    if unknown > 0 {
      StandardError.note("\(unknown) of \(listed.count) \(side.plural) are unknown")
    }
    return indices
  }
}
