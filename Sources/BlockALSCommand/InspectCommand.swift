import ArgumentParser
import BlockMatrix
import BlockStore
import Training

/// `blockals inspect`: what a partition or a model holds.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows what a partition or a model holds.",
    discussion: """
      Of a partition: counts, how unevenly ratings lie on users and items, blocks, bytes a rating, \
      values, hold-out. Of a model: settings, generations, how training went, sizes. Both have a \
      digest, over the ratings or over all factors, that does not depend on blocks.

      --csv prints each iteration of a model. Each of its phases stands in training.jsonl in the \
      model's directory, one JSON object a line, while training goes on too.

      Examples:
        blockals inspect ratings.blocks
        blockals inspect model --json
        blockals inspect model --csv > history.csv

      With --ranks it says what training on so many ranks of an MPI job would take: the memory \
      of a rank, and the bytes that go over the wire in an iteration. It reads all ratings for that.

        blockals inspect ratings.blocks --ranks 2,4,8,16 --rank 128
      """
  )

  @Argument(help: "A partition or a model.", completion: .directory)
  var directory: String

  @Option(
    help: ArgumentHelp(
      "Plan training on so many ranks, one line for each number.", valueName: "list"))
  var ranks: RankList?

  @Option(help: "Factors per row that are planned for. (default: 64)")
  var rank: Int?

  @Option(help: "Feedback that is planned for: explicit or implicit. (default: explicit)")
  var feedback: PlannedFeedback?

  @OptionGroup var threads: WorkerOptions

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  @Flag(help: "Print the iterations of a model as CSV.")
  var csv = false

  func validate() throws {
    guard !csv || (!json && ranks == nil) else {
      throw ValidationError("--csv is the whole output: give it alone.")
    }
    guard ranks != nil || (rank == nil && feedback == nil) else {
      throw ValidationError("--rank and --feedback say what --ranks plans; give that too.")
    }
  }

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    if let ranks {
      let partition = try Partition.open(directory, in: fileSystem)
      let plan = try RankPlanReport(
        partition, ranks.counts, rank: rank ?? 64, isImplicit: feedback == .implicit,
        workers: threads.count(in: fileSystem))
      return try Output.write(plan, asJSON: json)
    }
    switch try Verification.kind(of: directory, in: fileSystem) {
    case .partition:
      guard !csv else {
        throw Failure(
          .usage, at: directory, "is a partition, and --csv prints the iterations of a model",
          hint: "name the model, or give --json")
      }
      try Output.write(
        PartitionReport(Partition.open(directory, in: fileSystem)), asJSON: json)
    case .model:
      let report = try ModelReport(
        ModelDirectory.open(directory, in: fileSystem), workers: threads.count(in: fileSystem))
      if csv { try Output.write(report.csv) } else { try Output.write(report, asJSON: json) }
    }
  }
}

/// Rows of words, each column as wide as its widest word.
struct TextTable {
  private var rows: [[String]]

  /// - Parameter header: The columns' names; the first column stands on the left, the others on the
  ///   right.
  init(_ header: [String]) { rows = [header] }

  mutating func add(_ row: [String]) { rows.append(row) }

  var text: String {
    let widths = (rows.first ?? []).indices.map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    return rows.map { row in
      let words = zip(row, widths).enumerated().map { column, word in
        let padding = String(repeating: " ", count: word.1 - word.0.count)
        return column == 0 ? word.0 + padding : padding + word.0
      }
      return "  " + words.joined(separator: "  ") + "\n"
    }
    .joined()
  }
}
