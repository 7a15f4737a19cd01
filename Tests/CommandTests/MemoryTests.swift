import Foundation
import TestSupport
import Testing

/// The memory that `partition` really takes, as the system sees it.
@Suite(.serialized) struct `partition's memory` {
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

  /// Partitions, and returns the most bytes that were resident at once, and the digest.
  private func peak(_ options: [String]) throws -> (byteCount: Int, digest: String) {
    var kibibytes = 0
    let result = try CommandRunner.run(
      ["partition", "r.csv", "-o", "p", "--json"] + options, in: folder.path
    ) { process in
      let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
      let mark = status?.firstMatch(of: /VmHWM:\s+(\d+) kB/).flatMap { Int($0.1) }
      kibibytes = max(kibibytes, mark ?? 0)
    }
    #expect(result.status == 0, "\(result.errors)")
    try FileManager.default.removeItem(atPath: folder.file("p"))
    let digest = try #require(result.output.firstMatch(of: /"digest":"(\w+)"/)).1
    return (kibibytes << 10, String(digest))
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status")))
  func `stays within what was given, and changes no byte of the result`() throws {
    for options in [[], ["--holdout", "0.2"]] {
      let free = try peak(options + ["--workers", "2"])
      for (memory, workers) in [(20, 1), (30, 2), (60, 8)] {
        let bound = try peak(options + ["--memory", "\(memory)M", "--workers", "\(workers)"])
        #expect(bound.byteCount > 0)
        #expect(
          bound.byteCount <= memory << 20 + Self.onTop,
          "\(memory) MiB, \(workers) workers: \(bound.byteCount >> 20) MiB")
        #expect(bound.digest == free.digest)
      }
      // Ratings are held once, 12 bytes each: no stage takes memory anew beside what is free.
      #expect(free.byteCount < 3_000_000 * 45, "\(free.byteCount >> 20) MiB")
    }
  }
}
