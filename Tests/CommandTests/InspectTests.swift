import Foundation
import TestSupport
import Testing

/// What `inspect` says of how a training went.
@Suite struct `The history of a model` {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func run(_ command: String, status: Int32 = 0) throws -> CommandResult {
    let result = try CommandRunner.run(
      command.split(separator: " ").map { String($0) }, in: folder.path)
    #expect(result.status == status, "\(command): \(result.errors)")
    return result
  }

  private func train(_ options: String) throws {
    _ = try run("generate --users 90 --items 30 --ratings 1500 -o r.csv")
    _ = try run("partition r.csv --holdout 0.1 -o r.blocks")
    _ = try run("train r.blocks -o m --rank 3 \(options)")
  }

  @Test func `shows where iterations are left out, and calls the metric by its name`() throws {
    try train("--iterations 9 --holdout-metric recall@5")
    let text = try run("inspect m").output
    let table = text.components(separatedBy: "\n\n").last ?? ""
    let firsts = table.split(separator: "\n").map { $0.split(separator: " ")[0] }
    #expect(firsts == ["iteration", "1", "…", "5", "6", "7", "8", "9"])
    #expect(table.hasPrefix("  iteration  objective    rmse  hold-out rmse  recall@5  seconds\n"))
    #expect(text.contains("  log          m/training.jsonl: every phase"))
  }

  @Test func `leaves nothing out where there is room for all`() throws {
    try train("--iterations 6")
    #expect(!(try run("inspect m").output.contains("…")))
    #expect(!(try run("inspect m").output.contains("recall")))
  }

  @Test func `is whole in JSON and in CSV`() throws {
    try train("--iterations 9 --holdout-metric ndcg@5")
    let text = try run("inspect m --json").output
    let json = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    #expect(json?["holdoutMetric"] as? String == "ndcg@5")
    let history = json?["history"] as? [[String: Any]] ?? []
    #expect(history.compactMap { $0["iteration"] as? Int } == Array(1...9))
    for key in ["objective", "rmse", "holdoutRmse", "holdoutMetric", "seconds"] {
      #expect(history.compactMap { $0[key] as? Double }.count == 9, "\(key)")
    }
    let lines = try run("inspect m --csv").output.split(separator: "\n")
    #expect(lines.first == "iteration,objective,rmse,hold-out rmse,ndcg@5,seconds")
    #expect(lines.count == 10)
    let log = String(decoding: try folder.read("m/training.jsonl"), as: UTF8.self)
    for line in lines.dropFirst() {
      #expect(log.contains("\"objective\":\(line.split(separator: ",")[1]),"))
    }
  }

  @Test func `as CSV is that of a model alone`() throws {
    try train("--iterations 2")
    #expect(try run("inspect r.blocks --csv", status: 64).errors.contains("is a partition, and"))
    #expect(try run("inspect m --csv --json", status: 64).errors.contains("give it alone"))
    try FileManager.default.removeItem(atPath: folder.file("m/training.jsonl"))
    #expect(try run("inspect m --csv").output.hasPrefix("iteration,objective,rmse,hold-out rmse\n"))
  }
}
