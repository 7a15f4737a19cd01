import BlockMatrix
import BlockStore
import Foundation
import TestSupport
import Testing

/// What a command leaves that is ended while it writes, and what the next one makes of it.
@Suite(.serialized) struct `A command that is ended while it writes` {
  private let stored: StoredModel
  private let disk = PosixFileSystem()

  /// A model so large that answers take a second or two: long enough to find the command at work.
  init() throws {
    let count = 25_000
    let ratings = (0..<count).map { RatingMatrix.Rating(user: $0, item: $0, value: 1) }
    let names = IdTable(
      ids: (100_000..<100_000 + count).map { "\($0)" }, counts: Array(repeating: 1, count: count))
    stored = try StoredModel(
      RatingMatrix(userCount: count, itemCount: count, ratings: ratings),
      ids: PerSide(user: names, item: names),
      factors: PerSide(
        user: .random(rowCount: count, rank: 64, seed: 1),
        item: .random(rowCount: count, rank: 64, seed: 2)))
  }

  static let commands = [
    ["recommend", "model", "--users", "all", "--top", "3", "-o", "out"],
    ["export", "model", "--format", "csv", "-o", "out"],
    ["generate", "--users", "100000", "--items", "100000", "--ratings", "9000000", "-o", "out"],
  ]

  private func run(_ arguments: [String], signal: Int32) throws -> CommandResult {
    let path = stored.folder.path
    return try CommandRunner.run(
      arguments, in: path,
      interruption: .init(signal: signal) {
        try PosixFileSystem().list(path).contains { $0.hasPrefix("out.tmp-") }
      })
  }

  @Test(arguments: commands)
  func `by a signal that can be heeded leaves nothing`(_ command: [String]) throws {
    let before = try disk.list(stored.folder.path)
    for signal in [SIGINT, SIGTERM] {
      let result = try run(command, signal: signal)
      #expect(result.status == 75)
      #expect(result.errors.contains("blockals: stopped: "))
      #expect(result.output == "")
      #expect(try disk.list(stored.folder.path) == before)
    }
  }

  @Test(arguments: commands.prefix(2))
  func `by one that cannot leaves what the next one removes`(_ command: [String]) throws {
    let before = try disk.list(stored.folder.path)
    for _ in 0..<2 {
      let killed = try run(command, signal: SIGKILL)
      #expect(killed.status == 128 + SIGKILL)
      let left = try disk.list(stored.folder.path).filter { !before.contains($0) }
      #expect(left.count == 2 && left.first == "out.lock", "\(left)")
    }
    let small = try CommandRunner.run(
      command.first == "recommend"
        ? ["recommend", "model", "100007", "-o", "out"]
        : ["export", "model", "--format", "npy", "-o", "out"],
      in: stored.folder.path)
    #expect(small.status == 0)
    #expect(try disk.list(stored.folder.path) == (before + ["out"]).sorted())
  }
}
