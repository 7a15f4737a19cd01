import BlockMatrix
import BlockStore
import Foundation
import TestSupport
import Testing

/// What commands that read a model make of one that is damaged, foreign, or being trained.
@Suite(.serialized) struct `Commands that read a model` {
  private let stored: StoredModel

  init() throws { stored = try StoredModel.tiny() }

  private func run(_ arguments: [String]) throws -> CommandResult {
    try CommandRunner.run(arguments, in: stored.folder.path)
  }

  private static let answers = [
    ["recommend", "model", "ann"], ["similar", "model", "--item", "Dune"],
    ["evaluate", "model", "--holdout", "ratings.blocks"],
    ["export", "model", "--format", "csv", "-o", "out"],
  ]

  /// Trains a model of other ratings of the same size, and puts a file of it into the place of
  /// ours.
  private func takeFromAnother(_ name: String) throws {
    try stored.folder.write(
      TinyRatings.csv.replacing("bob", with: "eve").replacing("Dune", with: "Heat"),
      to: "other.csv")
    #expect(try run(["partition", "other.csv", "-o", "other"]).status == 0)
    #expect(
      try run(["train", "other", "-o", "model2", "--rank", "2", "--iterations", "1"]).status == 0)
    try stored.folder.replace("model/\(name)", with: stored.folder.read("model2/\(name)"))
  }

  @Test(arguments: answers + [["inspect", "model"], ["verify", "model"]])
  func `refuse the ids of another model`(command: [String]) throws {
    try takeFromAnother("users.ids")
    let result = try run(command)
    #expect(result.status == 65)
    #expect(
      (result.output + result.errors).contains(
        "model/users.ids: is not the file of ids that model/generations/00000001 was written with"))
    #expect(result.output == "" || command[0] == "verify")
  }

  @Test func `tell the log of another model`() throws {
    try stored.folder.write("", to: "model/training.jsonl")
    try takeFromAnother("training.jsonl")
    let result = try run(["verify", "model"])
    #expect(result.status == 65)
    #expect(result.output.hasPrefix("model/training.jsonl, line 3: iteration 1 has objective "))
    #expect(result.errors.contains("hint: it is the log of another model: remove it"))
  }

  @Test(arguments: answers)
  func `answer from an older generation with a warning, and not where it is refused`(
    command: [String]
  ) throws {
    try stored.commit(2, TinyRatings.factors())
    let name = "model/generations/00000002/items-00000.safetensors"
    var bytes = try stored.folder.read(name)
    bytes[bytes.count - 1] ^= 1
    try stored.folder.replace(name, with: bytes)
    let strict = try run(command + ["--strict"])
    #expect(strict.status == 65)
    #expect(strict.output == "")
    #expect(strict.errors.hasPrefix("blockals: error: \(name)"))
    #expect(
      strict.errors.hasSuffix("hint: without --strict the answer is that of generation 1\n"))
    let result = try run(command)
    #expect(result.status == 0)
    #expect(result.errors.hasPrefix("blockals: warning: generation 2 is damaged"))
  }

  /// As fast as training can be: a generation of nothing in each millisecond or two.
  @Test func `find a model whole while it is trained`() throws {
    let training = Process()
    training.executableURL = URL(fileURLWithPath: CommandRunner.path)
    training.currentDirectoryURL = URL(fileURLWithPath: stored.folder.path)
    training.arguments = [
      "train", "ratings.blocks", "-o", "young", "--rank", "2", "--iterations", "100000",
    ]
    training.standardError = FileHandle.nullDevice
    training.standardOutput = FileHandle.nullDevice
    try training.run()
    defer { training.waitUntilExit() }
    defer { training.terminate() }
    let generations = stored.folder.file("young/generations")
    let hasBegun = {
      (try? FileManager.default.contentsOfDirectory(atPath: generations))?
        .contains { $0.utf8.count == 8 } ?? false
    }
    while training.isRunning, !hasBegun() { usleep(1000) }
    for round in 0..<8 {
      for command in Self.answers + [["inspect", "model"], ["verify", "model"]] {
        let result = try run(
          command.map { $0 == "model" ? "young" : $0 == "out" ? "out\(round)" : $0 })
        #expect(result.status == 0, "\(command[0]): \(result.output) \(result.errors)")
        #expect(!result.errors.contains("warning"), "\(result.errors)")
      }
    }
    #expect(training.isRunning)
  }
}
