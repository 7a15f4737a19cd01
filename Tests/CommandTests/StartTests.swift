import TestSupport
import Testing

/// A model that begins with another one, and a model that new users are put into.
@Suite struct `A start and an update, as commands` {
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    let ratings = RatingMatrix.random(userCount: 40, itemCount: 25, ratingCount: 400, seed: 5)
    let lines = ratings.csv.split(separator: "\n")
    // The first day has not yet seen the last users.
    let monday = lines.filter { !$0.hasPrefix("u00003") }
    try folder.write(monday.joined(separator: "\n") + "\n", to: "monday.csv")
    try folder.write(ratings.csv, to: "tuesday.csv")
    let later = lines.filter { $0.hasPrefix("u00003") }
    try folder.write("user,item,rating\n" + later.joined(separator: "\n") + "\n", to: "new.csv")
    for day in ["monday", "tuesday"] {
      #expect(try run("partition", "\(day).csv", "-o", "\(day).blocks").status == 0)
    }
    #expect(
      try run(
        "train", "monday.blocks", "-o", "monday", "--rank", "6", "--regularization", "0.07",
        "--biases", "--iterations", "4"
      ).status == 0)
  }

  private func run(_ arguments: String...) throws -> CommandResult {
    try CommandRunner.run(arguments, in: folder.path)
  }

  @Test func `takes over settings, says what it knows, and goes on like any training`() throws {
    let begun = try run(
      "train", "tuesday.blocks", "-o", "tuesday", "--start-from", "monday", "--iterations", "1")
    #expect(begun.status == 0)
    #expect(
      begun.errors.contains(
        "started from a model that knows 30 of 40 users and 25 of 25 items; "
          + "the others are folded in\n"))
    let inspected = try run("inspect", "tuesday", "--json")
    for setting in [#""rank":"6""#, #""regularization":"0.07""#, #""start":""#] {
      #expect(inspected.output.contains(setting), "\(setting)")
    }
    #expect(try run("train", "--resume", "tuesday", "--iterations", "3").status == 0)
    #expect(
      try run(
        "train", "tuesday.blocks", "-o", "whole", "--start-from", "monday", "--iterations", "3",
        "--workers", "1"
      ).status == 0)
    let digests = try ["tuesday", "whole"].map { model in
      try #require(
        try run("verify", model, "--json").output.firstMatch(of: /"digest":"([0-9a-f]+)"/)
      ).1
    }
    #expect(digests[0] == digests[1])
  }

  @Test func `refuses another shape, no model, and settings of a model that goes on`() throws {
    let shape = try run(
      "train", "tuesday.blocks", "-o", "t", "--start-from", "monday", "--rank", "7")
    #expect(
      shape.status == 78
        && shape.errors.contains("monday: cannot be started from: it has rank 6, 7 is asked for"))
    let none = try run("train", "tuesday.blocks", "-o", "t", "--start-from", "nowhere")
    #expect(none.status == 66 && none.errors.contains("nowhere: does not exist"))
    #expect(try run("train", "--resume", "monday", "--start-from", "monday").status == 64)
    let itself = try run(
      "train", "tuesday.blocks", "-o", "./monday", "--start-from", "monday", "--fresh")
    #expect(
      itself.status == 64
        && itself.errors.contains("./monday holds this very model, and --fresh throws"))
    #expect(try run("verify", "monday").status == 0)
    #expect(try run("inspect", "t").status == 66)
  }

  @Test func `answers for new users as a fold-in does, and is not trained on`() throws {
    #expect(
      try run("update", "monday", "--new-users", "new.csv", "-o", "monday2").output
        == "monday2: 40 users and 25 items; 10 users added\n")
    let folded = try run(
      "predict", "monday2", "new.csv", "--format", "csv")
    let lines = folded.output.split(separator: "\n").dropFirst()
    #expect(lines.count > 50 && lines.allSatisfy { !$0.hasSuffix(",") })
    let recommended = try run("recommend", "monday", "--new-users", "new.csv", "--include-seen")
    let names = recommended.output.split(separator: "\n").dropFirst()
      .map { String($0.prefix { $0 != "\t" }) }
    let users = names.enumerated().filter { $0.offset == 0 || names[$0.offset - 1] != $0.element }
      .map(\.element)
    let kept = try CommandRunner.run(
      ["recommend", "monday2", "--include-seen"] + users, in: folder.path)
    #expect(kept.output == recommended.output)
    let trained = try run("train", "--resume", "monday2", "--iterations", "5")
    #expect(trained.status == 78 && trained.errors.contains("--start-from monday2"))
    let started = try run(
      "train", "tuesday.blocks", "-o", "t2", "--start-from", "monday2", "--iterations", "1")
    #expect(started.errors.contains("knows 40 of 40 users and 25 of 25 items\n"))
  }
}
