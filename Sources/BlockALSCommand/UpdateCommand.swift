import ArgumentParser
import BlockMatrix
import BlockStore
import Ranking

/// `blockals update`: new users or items into a model, to stay.
struct UpdateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "update",
    abstract: "Writes a model that has new users or items, without training it again.",
    discussion: """
      Solves the factors of new users from their ratings of the model's items (or of new items \
      from ratings by its users), as the next phase of training would, and writes a model that has \
      them beside its own. That one answers like any other. Training does not go on with it; \
      `train --start-from` begins with it when there is a partition with all ratings.

      What new users have rated is not in the partition that the model was trained on: to leave it \
      out of recommendations, name a partition that has it with --exclude.

      Examples:
        blockals update model --new-users signups.csv -o model2
        blockals update model --new-items releases.csv --skip-unknown -o model2
        blockals update model --new-users changed.csv --replace -o model2
      """
  )

  @Argument(help: "The model directory.")
  var model: String

  @OptionGroup(title: "New users or items") var newRows: NewRowOptions

  @Flag(
    help: """
      Give users or items that the model has already factors from these ratings alone, in place of \
      an error.
      """)
  var replace = false

  @Flag(help: "Leave out what has no rating that the model can use, in place of an error.")
  var skipUnknown = false

  @Option(name: .shortAndLong, help: ArgumentHelp("The model to make.", valueName: "dir"))
  var output: String

  @OptionGroup var threads: WorkerOptions

  @OptionGroup var damage: DamageOptions

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    guard newRows.given != nil else {
      throw ValidationError("Give --new-users FILE or --new-items FILE.")
    }
    try newRows.validate()
  }

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let workers = try threads.count(in: fileSystem)
    let loaded = try damage.open(model, in: fileSystem, workers: workers)
    guard
      let new = try newRows.solve(
        in: loaded, skipUnknown: skipUnknown, workers: workers, fileSystem)
    else { return }
    let update = try ModelUpdate(new, to: loaded, replacing: replace, workers: workers)
    if try update.write(to: output, in: fileSystem) { StandardError.noteComplete(output) }
    var counts = loaded.model.ids.map(\.count)
    counts[update.side] += update.addedCount
    let replaced = update.replacedCount > 0 ? ", \(update.replacedCount.grouped) replaced" : ""
    try Output.write(
      "\(output): \(counts.user.grouped) users and \(counts.item.grouped) items; "
        + "\(update.addedCount.grouped) \(update.side.plural) added\(replaced)\n",
      orJSON: json
        ? .object([
          ("model", .string(output)), ("users", .int(counts.user)), ("items", .int(counts.item)),
          ("side", .string(update.side.rawValue)), ("added", .int(update.addedCount)),
          ("replaced", .int(update.replacedCount)),
        ]) : nil)
  }
}
