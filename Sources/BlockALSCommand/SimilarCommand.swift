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
      Compares factors by their cosine, from −1 to 1; biases take no part.

      Examples:
        blockals similar model --item Alien
        blockals similar model --item Alien --item Brazil --top 5 --format csv
        blockals similar model --user alice --json
      """
  )

  @Argument(help: "The model directory.")
  var model: String

  @Option(help: ArgumentHelp("An item; may be given several times.", valueName: "id"))
  var item: [String] = []

  @Option(help: ArgumentHelp("A user; may be given several times.", valueName: "id"))
  var user: [String] = []

  @Option(help: "How many neighbours to print for each.")
  var top = 10

  @Flag(help: "Leave unknown ids out, in place of an error.")
  var skipUnknown = false

  @OptionGroup(title: "Output")
  var output: AnswerOptions

  func validate() throws {
    guard top >= 1 else { throw ValidationError("--top \(top) is not at least 1.") }
    guard item.isEmpty != user.isEmpty else {
      throw ValidationError("Name either items with --item, or users with --user.")
    }
    try output.validate()
  }

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let side: Side = item.isEmpty ? .user : .item
    let model = try LoadedModel.forAnswers(model, in: fileSystem).model
    let listed = (side == .item ? item : user).map { Array($0.utf8)[...] }
    let (indices, unknown) = try IdList.indices(
      of: listed, on: side, of: model, skipUnknown: skipUnknown)
    if unknown > 0 {
      StandardError.write("blockals: \(unknown) of \(listed.count) \(side.plural) are unknown\n")
    }
    let rankings = try Neighbours(side, of: model)
      .nearest(to: indices, limit: top, workers: output.workers(in: fileSystem))
    let text = AnswerText.neighbours(output.wantedFormat, of: side, ids: model.ids[side])
    var bytes = text.opening
    for (position, (index, ranking)) in zip(indices, rankings).enumerated() {
      try text.append(
        ranking, position: position, of: model.ids[side][Int(index)], to: &bytes)
    }
    let stop = StopRequest()
    let signals = StopSignals(stop)
    try withExtendedLifetime(signals) { () throws(Failure) in
      let sink = try AnswerSink(output.path, in: fileSystem, stop: stop)
      try sink.write(bytes + text.closing)
      try sink.commit()
    }
  }
}
