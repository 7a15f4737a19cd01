import Foundation
import TestSupport
import Testing

/// The memory that commands really take, as the system sees it.
@Suite(.serialized, .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status")))
struct `A command's memory` {
  private let folder: TemporaryDirectory
  /// What comes on top of `--memory`, as its help says.
  private static let onTop = 32 << 20

  init() throws {
    folder = try TemporaryDirectory()
    let made = try CommandRunner.run(
      [
        "generate", "--users", "20000", "--items", "4000", "--ratings", "3000000", "-o", "r.csv",
      ], in: folder.path)
    #expect(made.status == 0)
  }

  /// Runs a command to its good end; returns the most bytes that were resident at once.
  private func peak(_ arguments: [String]) throws -> (byteCount: Int, output: String) {
    var kibibytes = 0
    let result = try CommandRunner.run(arguments, in: folder.path) { process in
      let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
      let mark = status?.firstMatch(of: /VmHWM:\s+(\d+) kB/).flatMap { Int($0.1) }
      kibibytes = max(kibibytes, mark ?? 0)
    }
    #expect(result.status == 0, "\(result.errors)")
    #expect(kibibytes > 0)
    return (kibibytes << 10, result.output)
  }

  private func digest(in output: String) throws -> String {
    String(try #require(output.firstMatch(of: /"digest":"(\w+)"/)).1)
  }

  @Test func `partition stays within what was given, and changes no byte`() throws {
    func partition(_ options: [String]) throws -> (byteCount: Int, digest: String) {
      let (byteCount, output) = try peak(["partition", "r.csv", "-o", "p", "--json"] + options)
      try FileManager.default.removeItem(atPath: folder.file("p"))
      return (byteCount, try digest(in: output))
    }
    for options in [[], ["--holdout", "0.2"]] {
      let free = try partition(options + ["--workers", "2"])
      for (memory, workers) in [(24, 1), (30, 2), (60, 8)] {
        let bound = try partition(options + ["--memory", "\(memory)M", "--workers", "\(workers)"])
        #expect(
          bound.byteCount <= memory << 20 + Self.onTop,
          "\(memory) MiB, \(workers) workers: \(bound.byteCount >> 20) MiB")
        #expect(bound.digest == free.digest)
      }
      // Ratings are held once, 12 bytes each: no stage takes memory anew beside what is free.
      #expect(free.byteCount < 3_000_000 * 45, "\(free.byteCount >> 20) MiB")
    }
  }

  @Test(
    arguments: [
      ["--biases"], ["--feedback", "implicit"], ["--algorithm", "sgd"],
    ])
  func `train stays within what was given, from the least on, and changes no byte`(
    options: [String]
  ) throws {
    let blocks = ["--user-blocks", "12", "--item-blocks", "12", "--holdout", "0.1"]
    _ = try peak(["partition", "r.csv", "-o", "p"] + blocks)
    func train(_ memory: String) -> [String] {
      ["train", "p", "-o", "m", "--fresh", "--rank", "16", "--iterations", "2"]
        + ["--workers", "2", "--memory", memory] + options
    }
    let refused = try CommandRunner.run(train("1M"), in: folder.path)
    #expect(refused.status == 71)
    let least = try #require(
      refused.errors.firstMatch(of: /at least (\d+)M/).flatMap { Int($0.1) })
    var digests: [String] = []
    for memory in [least, least * 2, least * 8] {
      let byteCount = try peak(train("\(memory)M")).byteCount
      #expect(
        byteCount <= memory << 20 + Self.onTop, "\(memory) MiB: \(byteCount >> 20) MiB")
      digests.append(try digest(in: peak(["inspect", "m", "--json"]).output))
    }
    #expect(Set(digests).count == 1)
  }
}
