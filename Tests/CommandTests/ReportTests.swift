import Foundation
import TestSupport
import Testing

/// The page of a model: every figure, the numbers of the log, and nothing that runs or is fetched.
@Suite struct `The page of a model` {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func run(_ command: String, status: Int32 = 0) throws -> CommandResult {
    let result = try CommandRunner.run(
      command.split(separator: " ").map { String($0) }, in: folder.path)
    #expect(result.status == status, "\(command): \(result.errors)")
    return result
  }

  /// Ratings of some hundred users, with a hold-out, and a model of them.
  private func trained(_ options: String = "--iterations 6") throws {
    _ = try run("generate --users 120 --items 40 --ratings 2400 -o r.csv")
    _ = try run("partition r.csv --holdout 0.1 --user-blocks 3 -o r.blocks")
    _ = try run("train r.blocks -o m --rank 4 \(options)")
  }

  private func page(_ options: String = "") throws -> Page {
    _ = try run("report m -o page.html \(options)")
    return try #require(Page(String(decoding: folder.read("page.html"), as: UTF8.self)))
  }

  /// The lines of the log that speak of one kind of event.
  private func log(_ event: String) throws -> [[String: Any]] {
    try String(decoding: folder.read("m/training.jsonl"), as: UTF8.self).split(separator: "\n")
      .compactMap { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
      .filter { $0["event"] as? String == event }
  }

  private func numbers(_ key: String, _ event: String = "iteration") throws -> [Double] {
    // Digit by digit: readers of JSON round in ways of their own.
    let text = String(decoding: try folder.read("m/training.jsonl"), as: UTF8.self)
    return text.split(separator: "\n").filter { $0.contains("\"event\":\"\(event)\"") }.compactMap {
      let rest = $0.components(separatedBy: "\"\(key)\":").dropFirst().first ?? ""
      return Double(rest.prefix { $0 != "," })
    }
  }

  /// The number that ends each title of a figure, of those that begin so.
  private func shown(_ page: Page, _ figure: String, _ what: String) -> [Double] {
    page.titles(in: figure).filter { $0.contains(": \(what) ") }.compactMap { title in
      let words = title.components(separatedBy: ": \(what) ").last ?? ""
      return Double(words.split(separator: " ").first ?? "")
    }
  }

  @Test func `has every figure, with the numbers of the log`() throws {
    try trained("--iterations 6 --holdout-metric ndcg@5")
    let page = try page()
    #expect(shown(page, "objective", "objective") == (try numbers("objective")))
    #expect(shown(page, "rmse", "RMSE") == (try numbers("rmse")))
    #expect(shown(page, "rmse", "hold-out RMSE") == (try numbers("holdoutRmse")))
    #expect(shown(page, "metric", "ndcg@5") == (try numbers("holdoutMetric")))
    let seconds = try log("phase").filter { $0["side"] as? String == "item" }
      .compactMap { $0["seconds"] as? Double }
    #expect(shown(page, "seconds", "items") == seconds && seconds.count == 6)
    for figure in ["users", "items", "block-table", "settings-table", "run-table", "digest-table"] {
      #expect(page[figure] != nil, "\(figure)")
    }
    #expect(page["blocks"]?.all("tr").count == 1 + 3 + 1)
    let counted = page.titles(in: "users").compactMap { Int($0.split(separator: " ")[0]) }
    let users = page.root.all("dl").first?.all("dd").first?.text
    #expect(counted.reduce(0, +) == Int(users ?? ""))
    let rows = page["iterations"]?.all("tr").dropFirst().map { $0.children.map(\.text) } ?? []
    #expect(rows.compactMap { Double($0[1]) } == (try numbers("objective")))
    #expect(rows.compactMap { $0.last }.compactMap { Double($0) } == (try numbers("seconds")))
    let digest = try run("inspect m").output.split(separator: "\n")
      .first { $0.hasPrefix("  digest") }?.split(separator: " ").last
    #expect(page["digests"]?.text.contains(try #require(digest)) == true)
  }

  @Test func `shows what the workers did, which adds up to their time`() throws {
    try trained()
    let phases = try log("phase")
    for phase in phases {
      let seconds = try #require(phase["seconds"] as? Double)
      let solving = try #require(phase["solvingSeconds"] as? Double)
      let reading = try #require(phase["readingSeconds"] as? Double)
      let workers = try #require(phase["workers"] as? Double)
      #expect(solving > 0 && reading >= 0)
      #expect(solving + reading <= workers * seconds + 1e-5)
      let loss = try #require(phase["lossPercent"] as? Double)
      #expect(
        abs(loss - 100 * (1 - (solving + reading) / (workers * seconds)))
          // The loss has a digit after the point, the seconds six.
          < 0.06 + 300e-6 / seconds)
    }
    let page = try page()
    for kind in ["solving", "reading", "waiting"] {
      #expect(shown(page, "workers", kind).count == 6, "\(kind)")
    }
  }

  @Test(arguments: [
    ("--feedback implicit --alpha 10", ["objective", "seconds", "workers", "users"], "rmse"),
    ("--algorithm sgd", ["objective", "rmse", "seconds", "workers", "users"], "metric"),
    ("--biases --rank 0", ["objective", "rmse", "seconds", "workers", "users"], "metric"),
  ])
  func `has the figures that its model has`(
    options: String, figures: [String], other: String
  ) throws {
    try trained("--iterations 3 \(options)".replacing("--rank 4 ", with: ""))
    let page = try page()
    for figure in figures { #expect(page[figure] != nil, "\(figure)") }
    #expect(page[other] == nil)
  }

  @Test func `runs nothing and fetches nothing`() throws {
    try trained()
    let page = try page()
    let names = Set(page.root.all.map(\.name))
    #expect(names.isDisjoint(with: ["script", "link", "img", "iframe", "object", "embed", "a"]))
    let attributes = page.root.all.flatMap(\.attributes.keys)
    #expect(!attributes.contains { $0.hasPrefix("on") || ["src", "href", "style"].contains($0) })
    let text = String(decoding: try folder.read("page.html"), as: UTF8.self)
    #expect(!text.replacing("http://www.w3.org/2000/svg", with: "").contains("://"))
    #expect(!text.contains("url(") && !text.contains("@import"))
  }

  @Test func `is the same bytes again, and takes the place of nothing else`() throws {
    try trained()
    _ = try run("report m -o one.html")
    _ = try run("report ./m/ -o two.html")
    #expect(try folder.read("one.html") == folder.read("two.html"))
    #expect(try run("report m -o one.html").errors == "blockals: one.html is complete already\n")
    try folder.write("mine", to: "three.html")
    let refused = try run("report m -o three.html", status: 73)
    #expect(refused.errors.contains("three.html: exists already"))
    #expect(try folder.read("three.html") == Array("mine".utf8))
    _ = try run("report m")
    #expect(try folder.read("m.html") == folder.read("one.html"))
  }

  @Test func `takes ids and titles of any kind for words`() throws {
    let ids = ["<script>alert(1)</script>", "\"onload='x'", "&amp;", "\u{202E}a", "b"]
    let lines = ids.enumerated().flatMap { number, user in
      ids.map { "\(user)\t\($0)\t\(number + 1)\n" }
    }
    try folder.write(lines.joined(), to: "r.tsv")
    _ = try run("partition r.tsv -o r.blocks")
    _ = try run("train r.blocks -o m --rank 2 --iterations 2")
    try folder.write(ids.map { "\($0)\t</style><b>\($0)\n" }.joined(), to: "titles.tsv")
    let page = try page("--titles titles.tsv")
    #expect(page.root.all("script").isEmpty)
    #expect(page["example-0"]?.text.contains("</style><b>") == true)
    let again = try run("report m -o again.html --user <script>alert(1)</script>")
    #expect(again.errors == "")
    let one = try #require(Page(String(decoding: folder.read("again.html"), as: UTF8.self)))
    #expect(one["example-0"]?.all("h3").first?.text == ids[0])
    #expect(one["example-1"] == nil)
  }

  @Test func `recommends what recommend does`() throws {
    try trained()
    let page = try page("--user 7 --top 3")
    let said = try run("recommend m --top 3 7").output.split(separator: "\n").dropFirst()
    let scores = page["example-0"]?.all("ol").last?.all("data").compactMap {
      $0.attributes["value"]
    }
    #expect(scores == said.map { String($0.split(separator: "\t")[3]) })
  }

  @Test func `has the grid of a tuning, its own settings marked`() throws {
    try trained()
    let grid = "--ranks 2,4 --regularizations 0.1,0.5 --folds 2 --iterations 6"
    let tuned = try run("tune r.blocks \(grid) --record grid.tuning --json").output
    let page = try page("--tuning grid.tuning")
    let rows = page["tuning-0"]?.all("tr").dropFirst() ?? []
    #expect(rows.count == 4)
    #expect(rows.filter { $0.attributes["class"] == "mark" }.count == 1)
    let report = try JSONSerialization.jsonObject(with: Data(tuned.utf8)) as? [String: Any]
    let points = report?["points"] as? [[String: Any]] ?? []
    let means = points.compactMap { $0["mean"] as? Double }.sorted()
    for (row, mean) in zip(rows, means) {
      #expect(abs((Double(row.children[0].text) ?? 0) - mean) < 1e-4)
    }
    #expect(points.allSatisfy { ($0["values"] as? [Double])?.count == 2 })
    try folder.write("{}\n", to: "none.tuning")
    #expect(try run("report m -o x.html --tuning none.tuning", status: 65).output == "")
    #expect(try run("report m -o x.html --tuning nowhere", status: 66).output == "")
  }

  @Test func `does without ratings and log, and says so`() throws {
    try trained()
    try FileManager.default.removeItem(atPath: folder.file("r.blocks"))
    try FileManager.default.removeItem(atPath: folder.file("m/training.jsonl"))
    let result = try run("report m -o page.html")
    #expect(result.errors.contains("warning: the ratings of the model are not in "))
    let page = try #require(Page(String(decoding: folder.read("page.html"), as: UTF8.self)))
    #expect(page["objective"] != nil && page["users"] != nil && page["example-0"] != nil)
    #expect(page["seconds"] == nil && page["workers"] == nil)
  }
}
