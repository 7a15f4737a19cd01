import Foundation
import TestSupport
import Testing

/// The tools run small in the tests, so that they still run when somebody needs them large.
@Suite(.enabled(if: Tools.haveAnInterpreter, "needs python3"))
struct `The tools` {
  @Test(arguments: ["train", "partition"])
  func `the kill test finds nothing in two runs`(command: String) throws {
    let directory = try TemporaryDirectory()
    let result = try Tools.run(
      "kill_test.py",
      [
        "--runs", "2", "--command", command, "--ratings", "20000", "--rank", "8", "--iterations",
        "6", "--work", directory.file("work"),
      ])
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("2 runs of \(command) killed "))
  }

  @Test func `the attack finds nothing in a few seconds of each kind`() throws {
    let directory = try TemporaryDirectory()
    let result = try Tools.run(
      "prove.py",
      [
        "--minutes", "0.25", "--work", directory.file("work"), "--record",
        directory.file("record.json"),
      ])
    #expect(result.status == 0, "\(result.output)")
    for kind in ["kill -9", "failed system calls", "damaged files", "two writers"] {
      #expect(result.output.contains("\(kind)"))
    }
  }

  @Test func `the comparison prints a table`() throws {
    let directory = try TemporaryDirectory()
    let result = try Tools.run(
      "compare_peers.py",
      [
        "--ratings", "20000", "--ranks", "4", "--rounds", "1", "--iterations", "2", "--work",
        directory.file("work"),
      ])
    #expect(result.status == 0)
    for work in ["CSV to blocks", "iteration, rank 4", "top 10 of every user, rank 4"] {
      #expect(result.output.contains("| \(work) | blockals |"))
    }
  }
}

private enum Tools {
  static let haveAnInterpreter = (try? Python.start(["-c", ""], in: "/"))?.status == 0

  static func run(
    _ name: String, _ arguments: [String]
  ) throws -> (status: Int32, output: String) {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("tools").path
    return try Python.start(
      ["\(folder)/\(name)", "--blockals", CommandRunner.path] + arguments, in: folder)
  }
}
