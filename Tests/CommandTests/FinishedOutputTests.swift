import Foundation
import TestSupport
import Testing

/// A command that finds what it was to write: an earlier run made it, and could not say so.
@Suite struct `A command that runs again` {
  private let stored: StoredModel

  init() throws {
    stored = try StoredModel.tiny()
    try stored.folder.write(TinyRatings.csv + "a bad line\n", to: "r.csv")
    try stored.folder.write("ann,Dune\n", to: "r2.csv")
    try stored.folder.write("user,item,rating\neve,Dune,4\n", to: "new.csv")
  }

  private func run(_ command: String, output: String? = nil) throws -> CommandResult {
    try CommandRunner.run(
      command.split(separator: " ").map { String($0) }, in: stored.folder.path, output: output)
  }

  /// The text without what it says of time.
  private func timeless(_ text: String) -> String {
    text.replacing(/[\d.]+ s$|"seconds":[\d.e-]+/.anchorsMatchLineEndings(), with: "")
  }

  @Test(arguments: [
    "partition r.csv -o out --max-bad 1 --rejects bad.csv",
    "partition r.csv -o out --max-bad 1 --json",
    "export model --format npy -o out",
    "generate --users 30 --items 20 --ratings 100 -o out",
    "recommend model --include-seen --users all -o out", "similar model --item Dune -o out",
    "update model --new-users new.csv -o out",
    "predict model r2.csv -o out",
  ])
  func `finds its output complete, and says what it said`(command: String) throws {
    let first = try run(command)
    #expect(first.status == 0 && first.errors == "")
    let second = try run(command)
    #expect(second.status == 0)
    #expect(second.errors == "blockals: out is complete already\n")
    #expect(timeless(second.output) == timeless(first.output))
  }

  @Test(arguments: [
    "partition r.csv -o out --max-bad 1", "export model --format csv -o out",
    "generate --users 30 --items 20 --ratings 100 -o out",
  ])
  func `says its result at last, where there was no room for it before`(command: String) throws {
    let full = try run(command, output: "/dev/full")
    #expect(full.status == 74)
    let again = try run(command)
    #expect(again.status == 0 && !again.output.isEmpty)
    #expect(again.errors == "blockals: out is complete already\n")
  }

  @Test(arguments: [
    ("partition r.csv -o out --max-bad 1", "partition r.csv -o out --max-bad 1 --duplicates sum"),
    ("export model --format npy -o out", "export model --format safetensors -o out"),
    (
      "generate --users 30 --items 20 --ratings 100 -o out",
      "generate --users 30 --items 20 --ratings 100 --seed 1 -o out"
    ),
    ("recommend model --include-seen ann -o out", "recommend model --include-seen zoë -o out"),
    ("recommend model --include-seen ann bob -o out", "recommend model --include-seen ann -o out"),
    (
      "update model --new-users new.csv -o out",
      "update model --new-users new.csv --no-rating -o out"
    ),
  ])
  func `with other settings is refused, and changes nothing`(
    first: String, second: String
  ) throws {
    #expect(try run(first).status == 0)
    let before = try Folder.bytes(stored.folder.path)
    let refused = try run(second)
    #expect(refused.status == 73)
    #expect(refused.errors.hasPrefix("blockals: error: out: exists already, and "))
    #expect(try Folder.bytes(stored.folder.path) == before)
  }
}

/// Everything in a folder.
private enum Folder {
  static func bytes(_ folder: String) throws -> [String: Data] {
    var found: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder)
    where !path.hasSuffix("/LOCK") {  // That says who came last.
      found[path] = FileManager.default.contents(atPath: "\(folder)/\(path)") ?? Data()
    }
    return found
  }
}
