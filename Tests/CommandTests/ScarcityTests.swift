import Foundation
import TestSupport
import Testing

/// A command that the operating system refuses something: it says so, and exits as documented.
@Suite(.serialized) struct `A command in want` {
  private let stored: StoredModel

  init() throws {
    stored = try StoredModel.tiny()
    try stored.folder.write(TinyRatings.csv, to: "r.csv")
  }

  private static let commands = [
    "partition r.csv -o out", "train ratings.blocks -o out --rank 256 --iterations 2",
    "verify ratings.blocks", "recommend model ann", "export model --format csv -o out",
    "tune ratings.blocks --rank 2 --folds 2 --regularizations 0.1 --iterations 2",
  ]

  private func run(_ command: String, shell: String) throws -> CommandResult {
    try CommandRunner.run(
      command.split(separator: " ").map { String($0) }, in: stored.folder.path, seconds: 20,
      shell: shell)
  }

  /// Under the least of these limits the program itself does not start.
  @Test(arguments: commands) func `of memory or threads ends with 71 and a hint`(
    command: String
  ) throws {
    var refusals = 0
    for kilobytes in stride(from: 28_000, through: 60_000, by: 4000) {
      let result = try run(command, shell: "ulimit -v \(kilobytes)")
      guard result.status != 0, result.status != 127 else { continue }
      refusals += 1
      #expect(result.status == 71, "\(kilobytes): \(result.errors)")
      #expect(result.errors.contains("\nhint: "), "\(kilobytes): \(result.errors)")
    }
    #expect(refusals > 0 || !command.hasPrefix("train"))
  }

  @Test(arguments: commands) func `of open files ends with 71 and a hint`(command: String) throws {
    for files in 4...9 {
      let result = try run(command, shell: "ulimit -n \(files)")
      guard result.status != 0 else { continue }
      #expect(result.status == 71, "\(files): \(result.errors)")
      #expect(result.errors.contains("hint: raise the limit on open files"), "\(result.errors)")
    }
  }

  @Test(arguments: ["help", "--help", "--version", "train --help", "help train"])
  func `of room for its help fails`(command: String) throws {
    let result = try CommandRunner.run(
      command.split(separator: " ").map { String($0) }, output: "/dev/full")
    #expect(result.status == 74)
    #expect(result.errors.hasPrefix("blockals: error: standard output: cannot write: "))
  }

  /// Swift itself reads the arguments from there.
  @Test(.enabled(if: geteuid() == 0)) func `of /proc still knows its arguments`() throws {
    let path = stored.folder.path
    let inside = "umount -l /proc && cd \(path) && exec \(CommandRunner.path) verify model"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments = ["-m", "/bin/sh", "-c", inside]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    // Where namespaces are not allowed there is nothing to try.
    #expect(output.contains("model: a whole model") || process.terminationStatus == 1, "\(output)")
  }
}
