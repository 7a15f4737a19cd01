import Foundation
import TestSupport
import Testing

/// What other programs can see of a training, which its model does not depend on.
@Suite struct `A training that is watched` {
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    _ = try run("generate --users 300 --items 120 --ratings 9000 -o r.csv")
    _ = try run("partition r.csv --holdout 0.1 --user-blocks 3 --item-blocks 2 -o r.blocks")
  }

  @discardableResult
  private func run(_ command: String, status: Int32 = 0) throws -> CommandResult {
    let result = try CommandRunner.run(
      command.split(separator: " ").map { String($0) }, in: folder.path)
    #expect(result.status == status, "\(command): \(result.errors)")
    return result
  }

  private struct Event: Decodable {
    let name: String
    let ph: String
    let tid: Int
    let ts: Double?
    let dur: Double?
  }

  private func events() throws -> [Event] {
    struct Trace: Decodable { let traceEvents: [Event] }
    return try JSONDecoder().decode(Trace.self, from: Data(folder.read("t.json"))).traceEvents
  }

  private func values(_ name: String) throws -> [String: String] {
    let text = String(decoding: try folder.read("m.prom"), as: UTF8.self)
    let lines = text.split(separator: "\n").filter { $0.hasPrefix("blockals_\(name){") }
    return Dictionary(
      uniqueKeysWithValues: lines.map { line in
        let words = line.components(separatedBy: "} ")
        return (words[0].components(separatedBy: ",").dropFirst().joined(), words[1])
      })
  }

  @Test(arguments: ["", "--algorithm sgd"])
  func `has the same bytes as another`(options: String) throws {
    let train = "train r.blocks --rank 4 --iterations 3 --workers 2 \(options) -o"
    try run("\(train) plain")
    try run("\(train) watched --trace t.json --metrics m.prom")
    for file in ["users-00000", "users-00001", "items-00000"] {
      let path = "generations/00000003/\(file).safetensors"
      #expect(try folder.read("plain/\(path)") == folder.read("watched/\(path)"))
    }
  }

  @Test(arguments: ["", "--algorithm sgd"])
  func `leaves a trace of what each worker did, in lanes without overlap`(options: String) throws {
    try run("train r.blocks --rank 4 --iterations 3 --workers 2 \(options) -o m --trace t.json")
    let events = try events()
    let lanes = Dictionary(grouping: events.filter { $0.ph == "X" }, by: \.tid)
    // So little work may be done by one worker before the other has begun.
    #expect(Set(lanes.keys).isSuperset(of: [0, 1, 2]), "\(lanes.keys.sorted())")
    #expect(lanes.keys.contains { (10..<12).contains($0) }, "\(lanes.keys.sorted())")
    for lane in lanes.values {
      let spans = lane.compactMap { event in event.ts.map { ($0, $0 + (event.dur ?? 0)) } }
        .sorted { $0 < $1 }
      for (one, next) in zip(spans, spans.dropFirst()) { #expect(one.1 <= next.0 + 0.002) }
      #expect(spans.allSatisfy { $0.0 >= 0 && $0.1 >= $0.0 })
    }
    let names = Set(events.map(\.name))
    for name in ["thread_name", "hold-out", "write items of 3", "write users of 3", "commit 3"] {
      #expect(names.contains(name), "\(name)")
    }
    let phases = lanes[0]?.filter { $0.name.hasPrefix("iteration ") } ?? []
    #expect(phases.count == (options.isEmpty ? 6 : 3))
    // Workers work while there is a phase, and the log says for how long.
    let work = lanes.filter { (10..<10_000).contains($0.key) }.flatMap(\.value)
      .reduce(0) { $0 + ($1.dur ?? 0) }
    let log = String(decoding: try folder.read("m/training.jsonl"), as: UTF8.self)
    let said = log.matches(of: /"(?:solving|reading)Seconds":([\d.e-]+)/)
      .reduce(0) { $0 + (Double($1.1) ?? 0) }
    #expect(abs(work / 1e6 - said) < 1e-4)
  }

  @Test func `keeps its state for Prometheus`() throws {
    try run("train r.blocks --rank 4 --iterations 3 --workers 2 -o m --metrics m.prom")
    #expect(try values("running") == ["": "0.0"])
    #expect(try values("iterations") == ["": "3.0"])
    #expect(try values("generation") == ["": "3.0"])
    #expect(try values("phase_seconds").keys.sorted() == ["side=\"item\"", "side=\"user\""])
    let objective = try #require(try values("objective")[""])
    let log = String(decoding: try folder.read("m/training.jsonl"), as: UTF8.self)
    #expect(log.contains("\"event\":\"iteration\",\"iteration\":3,\"objective\":\(objective),"))
    let lines = String(decoding: try folder.read("m.prom"), as: UTF8.self).split(separator: "\n")
    #expect(lines.allSatisfy { $0.contains(/^(# (HELP|TYPE) )?blockals_[a-z_]+[ {]/) })
  }

  @Test func `replaces the files of an earlier run, and no others`() throws {
    let train = "train r.blocks --rank 2 -o m --trace t.json --metrics m.prom"
    try run("\(train) --iterations 1")
    let first = try folder.read("t.json")
    try run("\(train) --iterations 2")
    #expect(try folder.read("t.json") != first)
    #expect(try values("iterations") == ["": "2.0"])
    // Nothing to do is nothing to tell.
    try run("\(train) --iterations 2")
    #expect(try folder.list().filter { $0.contains(".tmp") || $0.hasSuffix(".lock") } == [])
    try folder.write("{}\n", to: "mine.json")
    for option in ["--trace", "--metrics"] {
      let refused = try run("train r.blocks --rank 2 -o other \(option) mine.json", status: 73)
      #expect(refused.errors.contains("mine.json: exists already, and holds something else"))
    }
    #expect(try folder.read("mine.json") == Array("{}\n".utf8))
    #expect(!FileManager.default.fileExists(atPath: folder.file("other")))
    try run("train r.blocks -o m --trace same --metrics same", status: 64)
  }

  @Test func `leaves them as they were when it is refused`() throws {
    let files = "--trace t.json --metrics m.prom"
    try run("train r.blocks --rank 2 --iterations 1 -o m \(files)")
    let before = try (folder.read("t.json"), folder.read("m.prom"))
    try run("train r.blocks --rank 3 --iterations 1 -o m \(files)", status: 78)
    #expect(try (folder.read("t.json"), folder.read("m.prom")) == before)
  }
}

extension TemporaryDirectory {
  fileprivate func list() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path)
  }
}
