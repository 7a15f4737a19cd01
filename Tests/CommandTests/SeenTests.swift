import Foundation
import TestSupport
import Testing

/// Rankings leave out what users have rated already, without being asked to.
@Suite struct `Seen items` {
  private let stored: StoredModel
  /// What is said of the model's own partition.
  private let note: String

  init() throws {
    stored = try StoredModel.tiny()
    note =
      "blockals: what users have rated in \(stored.partition) is left out (--include-seen ranks it "
      + "too)\n"
  }

  private func run(_ arguments: String...) throws -> CommandResult {
    try CommandRunner.run(arguments, in: stored.folder.path)
  }

  @Test func `are left out by the partition that the model was trained on, with a word about it`()
    throws
  {
    let result = try run("recommend", "model", "--format", "csv", "bob")
    #expect(result.status == 0)
    #expect(result.output == "user,item,rank,score\nbob,Dune,1,1.5\nbob,Brazil,2,1.0\n")
    #expect(result.errors == note)
    // Named by the user, it needs no word.
    let named = try run("recommend", "model", "--exclude", "ratings.blocks/", "--json", "bob")
    #expect(named.errors == "")
    #expect(named.output.hasPrefix("{\"excluded\":\"ratings.blocks\",\"rankings\":[\n{\"user\""))
  }

  @Test func `are ranked on request`() throws {
    let result = try run("recommend", "model", "--include-seen", "--format", "csv", "bob")
    #expect(result.errors == "")
    #expect(result.output.hasPrefix("user,item,rank,score\nbob,Alien,1,2.0\nbob,Dune,2,1.5\n"))
    try stored.folder.write("eve,Casablanca,5\n", to: "new.csv")
    let new = try run(
      "recommend", "model", "--new-users", "new.csv", "--include-seen", "--top", "1", "--format",
      "csv")
    #expect(new.output.contains("eve,Casablanca,1,"))
  }

  @Test func `are ranked, with a warning, where the partition has gone or has changed`() throws {
    let warning =
      "users have rated is ranked too\nhint: name the ratings with --exclude DIR, or give "
      + "--include-seen where that is wanted\n"
    try FileManager.default.moveItem(
      atPath: stored.partition, toPath: stored.folder.file("elsewhere.blocks"))
    let gone = try run("recommend", "model", "--top", "1", "--format", "csv", "bob")
    #expect(gone.output.hasSuffix("bob,Alien,1,2.0\n"))
    #expect(
      gone.errors
        == "blockals: warning: \(stored.partition), which the model was trained on, is no "
        + "longer there: what \(warning)")
    try stored.folder.write("bob,Dune,1\nzoë,Dune,1\n", to: "other.csv")
    #expect(try run("partition", "other.csv", "-o", "ratings.blocks").status == 0)
    let changed = try run("recommend", "model", "--top", "1", "--format", "csv", "bob")
    #expect(changed.output == gone.output)
    #expect(changed.errors.contains("trained on, has other ratings by now: what \(warning)"))
    // Named, it counts, by its ids.
    let foreign = try run(
      "recommend", "model", "--exclude", "ratings.blocks", "--format", "csv", "bob")
    #expect(foreign.output.hasPrefix("user,item,rank,score\nbob,Alien,1,2.0\nbob,Brazil,2,1.0\n"))
    #expect(
      foreign.errors == "blockals: warning: ratings.blocks holds other ratings than the model was "
        + "trained on; by their ids it has 2 of the model's 3 users and 1 of the model's 4 items\n")
    // The hold-out that is evaluated may be the moved partition's.
    let moved = try run(
      "evaluate", "model", "--holdout", "elsewhere.blocks", "--top", "1", "--json")
    #expect(moved.output.contains("\"recall@1\":0.75,"))
    #expect(moved.output.contains("\"excluded\":\"elsewhere.blocks\"}"))
  }

  @Test func `do not count in evaluate`() throws {
    let arguments = ["evaluate", "model", "--holdout", "ratings.blocks", "--top", "1", "--json"]
    let own = try CommandRunner.run(arguments, in: stored.folder.path)
    let named = try CommandRunner.run(
      arguments + ["--exclude", "ratings.blocks"], in: stored.folder.path)
    #expect(own.output == named.output)
    #expect(own.output.contains("\"recall@1\":0.75,"))
    #expect(own.errors == note.replacing(stored.partition, with: "ratings.blocks"))
    let all = try CommandRunner.run(arguments + ["--include-seen"], in: stored.folder.path)
    #expect(all.output.contains("\"recall@1\":0.0,"))
    #expect(all.output.hasSuffix(",\"excluded\":null}\n"))
    let text = try run("evaluate", "model", "--holdout", "ratings.blocks")
    #expect(text.errors == "", "without rankings there is nothing to leave out")
  }

  @Test func `of a damaged partition are no answer`() throws {
    try stored.folder.replace("ratings.blocks/manifest.json", with: Array("{".utf8))
    let result = try run("recommend", "model", "bob")
    #expect(result.status == 65)
    #expect(result.output == "")
    #expect(result.errors.contains("ratings.blocks/manifest.json"))
    #expect(try run("recommend", "model", "--include-seen", "bob").status == 0)
  }
}
