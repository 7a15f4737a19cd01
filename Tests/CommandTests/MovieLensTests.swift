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
}
