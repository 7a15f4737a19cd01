import ArgumentParser
import BlockMatrix
import BlockStore

/// `blockals inspect`: what a partition or a model holds.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows what a partition or a model holds.",
    discussion: """
      Of a partition: counts, how unevenly ratings lie on users and items, blocks, bytes a rating, \
      values, hold-out. Of a model: settings, generations, how training went, sizes. Both have a \
      digest, over the ratings or over all factors, that does not depend on blocks.

      Examples:
        blockals inspect ratings.blocks
        blockals inspect model --json
      """
  )

  @Argument(help: "A partition or a model.", completion: .directory)
  var directory: String

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    switch try Verification.kind(of: directory, in: fileSystem) {
    case .partition:
      let report = try PartitionReport(try Partition.open(directory, in: fileSystem))
      try Output.write(report.text, orJSON: json ? report.object : nil)
    case .model:
      let report = try ModelReport(
        try ModelDirectory.open(directory, in: fileSystem),
        workers: GrantedCores.count(in: fileSystem))
      try Output.write(report.text, orJSON: json ? report.object : nil)
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
