import Foundation
import TestSupport
import Testing

/// Real ratings, through the command: what Spark reaches on the same folds.
@Suite struct `On MovieLens 100K` {
  static let folder: String? = ProcessInfo.processInfo.environment["BLOCKALS_DATA"]
    .map { $0 + "/ml-100k" }
    .flatMap { FileManager.default.fileExists(atPath: $0 + "/u1.base") ? $0 : nil }

  /// Spark 4, `ALS` with regParam 0.1 and 15 iterations: the mean test RMSE over the five folds.
  @Test(
    .enabled(if: folder != nil, "BLOCKALS_DATA has no ml-100k"),
    arguments: [(10, 0.9247), (50, 0.9222)])
  func `the test error is Spark's`(rank: Int, expected: Double) throws {
    let data = try #require(Self.folder)
    let folder = try TemporaryDirectory()
    var sum = 0.0
    for fold in 1...5 {
      let (blocks, model) = (folder.file("p\(fold)"), folder.file("m\(fold)"))
      for arguments in [
        ["partition", "\(data)/u\(fold).base", "-o", blocks],
        [
          "train", blocks, "-o", model, "--rank", String(rank), "--regularization", "0.1",
          "--iterations", "15",
        ],
      ] {
        let result = try CommandRunner.run(arguments)
        #expect(result.status == 0, "\(result.errors)")
      }
      let result = try CommandRunner.run(
        ["evaluate", model, "--ratings", "\(data)/u\(fold).test", "--json"])
      let object = try JSONSerialization.jsonObject(with: Data(result.outputBytes))
      sum += try #require((object as? [String: Any])?["rmse"] as? Double)
    }
    #expect(abs(sum / 5 - expected) < 0.003)
  }

  /// With two ratings a user, factors that are believed too much cost more than they bring.
  @Test(.enabled(if: folder != nil, "BLOCKALS_DATA has no ml-100k"))
  func `thinned, what tune finds is not worse than biases alone`() throws {
    let data = try #require(Self.folder)
    let folder = try TemporaryDirectory()
    let (blocks, record) = (folder.file("blocks"), folder.file("record"))
    var taken: [Substring: Int] = [:]
    let lines = try String(contentsOfFile: "\(data)/u.data", encoding: .utf8)
      .split(separator: "\n").filter { line in
        let user = line.prefix { $0 != "\t" }
        taken[user, default: 0] += 1
        return taken[user, default: 0] <= 2
      }
    try folder.write(Array(lines.joined(separator: "\n").utf8), to: "u.data")
    func points(_ options: [String]) throws -> [[String: Any]] {
      let result = try CommandRunner.run(
        ["tune", blocks, "--record", record, "--iterations", "10", "--json"] + options)
      #expect(result.status == 0, "\(result.errors)")
      let object = try JSONSerialization.jsonObject(with: Data(result.outputBytes))
      let table = try #require(object as? [String: Any])
      let points = try #require(table["points"] as? [[String: Any]])
      let best = try #require(table["best"] as? Int)
      return [points[best]] + points
    }
    #expect(try CommandRunner.run(["partition", folder.file("u.data"), "-o", blocks]).status == 0)
    let found = try points(["--ranks", "0,8"])
    // The grids that a user of biases alone would try, on the same folds.
    let alone = try points([
      "--rank", "0", "--biases", "--regularizations", "0.1", "--bias-regularization-scalings",
      "count,none", "--bias-regularizations", "0.1,0.2,0.5,1,2,3,5,10",
    ])
    func known(_ point: [String: Any]) throws -> Double { try #require(point["known"] as? Double) }
    let least = try #require(try alone.map(known).min())
    #expect(try known(found[0]) <= least)
  }
}
