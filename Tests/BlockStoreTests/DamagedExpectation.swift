import BlockMatrix
import BlockStore
import Testing

/// What `verify` has to say of a damaged file: a row of the table in the format document.
struct DamagedExpectation: Sendable {
  let name: String
  /// The golden file in whose place it stands.
  let replaces: String
  /// Exit status, place and message of each failure.
  let failures: [String]

  /// All rows ``| `name` | `replaces` | failures |``; failures stand between line breaks.
  static func all() throws -> [DamagedExpectation] {
    let document = String(
      decoding: try Fixtures.bytes("\(Fixtures.partitions)/README.md"), as: UTF8.self)
    let table = try #require(document.components(between: "## Damaged files", and: "\n## "))
    return table.split(separator: "\n").compactMap { line in
      let cells = line.split(separator: "|").map { $0.drop { $0 == " " } }
      guard line.hasPrefix("| `"), cells.count == 3 else { return nil }
      func plain(_ cell: Substring) -> String {
        String(cell.reversed().drop { $0 == " " }.reversed())
      }
      return DamagedExpectation(
        name: plain(cells[0]).replacing("`", with: ""),
        replaces: plain(cells[1]).replacing("`", with: ""),
        failures: plain(cells[2]).split(separator: "<br>").map(String.init))
    }
  }
}

extension String {
  /// The text after the first `start` and before the next `end`, or up to the end.
  func components(between start: String, and end: String) -> String? {
    guard let begin = firstRange(of: start)?.upperBound else { return nil }
    let rest = self[begin...]
    return String(rest[..<(rest.firstRange(of: end)?.lowerBound ?? rest.endIndex)])
  }
}
