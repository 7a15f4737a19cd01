import Foundation
import TestSupport
import Testing

@Suite struct `Explained scores` {
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write(TinyRatings.csv, to: "ratings.csv")
    _ = try run("partition", "ratings.csv", "-o", "ratings.blocks")
    _ = try run("train", "ratings.blocks", "-o", "model", "--rank", "2", "--biases")
  }

  private func run(_ arguments: String...) throws -> CommandResult {
    try CommandRunner.run(arguments, in: folder.path)
  }

  @Test func `sum to what predict says, line by line and as JSON`() throws {
    let text = try run("explain", "model", "--user", "zoë", "--item", "Alien", "--top", "2")
    #expect(text.status == 0)
    #expect(text.errors == "")
    let lines = text.output.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
    #expect(
      lines[0] == ["user", "item", "kind", "rated", "rating", "weight", "similarity", "part"])
    #expect(lines.dropFirst().map { $0[2] } == ["baseline", "rating", "rating", "others", "score"])
    #expect(lines.allSatisfy { $0.count == 8 })
    let numbers = try lines.dropFirst().map { try #require(Float($0[7])) }
    #expect(abs(numbers.dropLast().reduce(0, +) - numbers[4]) < 1e-5)
    try folder.write("zoë,Alien\n", to: "pair.csv")
    let predicted = try run("predict", "model", "pair.csv").output
    #expect(predicted.hasSuffix("\tAlien\t\(lines[5][7])\n"))
    let json = try run(
      "explain", "model", "--user", "zoë", "--item", "Alien", "--item", "Dune", "--json")
    let object = try JSONSerialization.jsonObject(with: Data(json.outputBytes)) as? [String: Any]
    let found = try #require(object?["explanations"] as? [[String: Any]])
    #expect(found.map { $0["item"] as? String } == ["Alien", "Dune"])
    let parts = try #require(found[0]["parts"] as? [[String: Any]])
    let values = parts.compactMap { $0["part"] as? Double }
    let sum = values.reduce(try #require(found[0]["baseline"] as? Double), +)
    #expect(values.count == 3)
    #expect(abs(sum - (found[0]["score"] as? Double ?? .nan)) < 1e-5)
  }

  @Test func `name the rated items where titles are given`() throws {
    try folder.write("Dune\tDune (1984)\n", to: "titles.tsv")
    let arguments = [
      "explain", "model", "--user", "zoë", "--item", "Alien", "--titles", "titles.tsv",
    ]
    let text = try CommandRunner.run(arguments + ["--format", "csv"], in: folder.path)
    #expect(text.output.hasPrefix("user,item,kind,rated,title,rating,weight,similarity,part\n"))
    #expect(text.output.contains("zoë,Alien,rating,Dune,Dune (1984),4.5,"))
    #expect(text.output.contains("zoë,Alien,rating,Brazil,,5.0,"))
    #expect(text.output.contains("zoë,Alien,score,,,,,,"))
    let json = try CommandRunner.run(arguments + ["--format", "jsonl"], in: folder.path)
    #expect(json.output.contains("{\"rated\":\"Dune\",\"title\":\"Dune (1984)\",\"rating\":4.5,"))
    #expect(json.output.contains("{\"rated\":\"Brazil\",\"title\":null,\"rating\":5.0,"))
  }

  @Test func `need the ratings that the model was trained on`() throws {
    try folder.write("zoë,Dune,1\nann,Dune,2\n", to: "other.csv")
    _ = try run("partition", "other.csv", "-o", "other.blocks")
    let other = try run(
      "explain", "model", "--user", "zoë", "--item", "Alien", "--ratings", "other.blocks")
    #expect(other.status == 78)
    #expect(
      other.errors.hasPrefix("blockals: error: other.blocks: holds other ratings than the model "))
    try FileManager.default.moveItem(
      atPath: folder.file("ratings.blocks"), toPath: folder.file("moved"))
    let gone = try run("explain", "model", "--user", "zoë", "--item", "Alien")
    #expect(gone.status == 66)
    #expect(gone.output == "")
    #expect(gone.errors.hasSuffix("hint: name it with --ratings DIR where it is elsewhere\n"))
    let named = try run(
      "explain", "model", "--user", "zoë", "--item", "Alien", "--ratings", "moved")
    #expect(named.status == 0)
  }

  @Test func `are not to be had of stochastic gradient descent, or of strangers`() throws {
    _ = try run(
      "train", "ratings.blocks", "-o", "sgd", "--rank", "2", "--algorithm", "sgd", "--grid", "1")
    let sgd = try run("explain", "sgd", "--user", "zoë", "--item", "Alien")
    #expect(sgd.status == 64)
    #expect(sgd.errors.contains("stochastic gradient descent solves no equations"))
    let stranger = try run("explain", "model", "--user", "eve", "--item", "Alien")
    #expect(stranger.status == 65)
    #expect(stranger.errors.hasPrefix("blockals: error: user \"eve\": is unknown to the model\n"))
  }
}
