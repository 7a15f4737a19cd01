import BlockMatrix
import Foundation
import Testing

/// The whole help of the command and of each subcommand is what was read and agreed to.
///
/// `make help-texts` writes the texts anew; the difference belongs into the change that caused it.
@Suite struct `The help` {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("Help")

  @Test func `every subcommand has a text, and every text a subcommand`() throws {
    let texts = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    let expected = try Self.subcommands().map { $0 + ".txt" } + ["blockals.txt"]
    #expect(texts.sorted() == expected.sorted())
  }

  @Test func `the command's help is the agreed text`() throws {
    try expectText(of: ["--help"], in: "blockals.txt")
  }

  @Test func `each subcommand's help is the agreed text`() throws {
    for name in try Self.subcommands() {
      try expectText(of: [name, "--help"], in: name + ".txt")
    }
  }

  @Test func `each setting of a model and of a run has its option`() throws {
    let help = try CommandRunner.run(["train", "--help"]).output
    for name in ModelSetting.table.names + RunSetting.table.names {
      #expect(help.contains("--\(name)"), "\(name)")
    }
  }

  /// The names that the command's own help lists.
  private static func subcommands() throws -> [String] {
    let help = try CommandRunner.run(["--help"]).output
    let list = help.components(separatedBy: "SUBCOMMANDS:\n").last ?? ""
    return list.matches(of: /(?m)^  ([a-z]+)(?: |$)/).map { String($0.1) }
  }

  private func expectText(of arguments: [String], in name: String) throws {
    let result = try CommandRunner.run(arguments)
    let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
    #expect(result.status == 0)
    #expect(result.output == text, "\(name) is not what the command prints")
  }
}
