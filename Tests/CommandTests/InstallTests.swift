import Foundation
import TestSupport
import Testing

/// What `make install` puts where, and what make says of itself.
@Suite struct `An installation` {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  private func install(into prefix: String) throws {
    let binaries = URL(fileURLWithPath: CommandRunner.path).deletingLastPathComponent().path
    let result = try CommandRunner.run(
      [binaries, prefix], program: "\(Self.root)/tools/install.sh")
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test func `has the command, completions that their shells read, and a page for each subcommand`()
    throws
  {
    let folder = try TemporaryDirectory()
    let prefix = folder.file("a prefix")
    try install(into: prefix)
    let version = try CommandRunner.run(["--version"], program: "\(prefix)/bin/blockals")
    #expect(version.output.hasPrefix("blockals 0.1.0\n"))
    let completions = [
      "bash": "bash-completion/completions/blockals", "zsh": "zsh/site-functions/_blockals",
      "fish": "fish/vendor_completions.d/blockals.fish",
    ]
    for (shell, path) in completions {
      let file = "\(prefix)/share/\(path)"
      #expect(FileManager.default.fileExists(atPath: file), "\(file)")
      let programs = ["/usr/bin/\(shell)", "/bin/\(shell)"]
      guard let program = programs.first(where: FileManager.default.isExecutableFile(atPath:))
      else { continue }
      #expect(try CommandRunner.run(["-n", file], program: program).errors == "", "\(shell)")
    }
    let pages = try FileManager.default.contentsOfDirectory(atPath: "\(prefix)/share/man/man1")
    let texts = try FileManager.default.contentsOfDirectory(
      atPath: "\(Self.root)/Tests/CommandTests/Help")
    #expect(pages.count == texts.count && pages.contains("blockals-train.1"))
    let page = try String(
      contentsOfFile: "\(prefix)/share/man/man1/blockals-train.1", encoding: .utf8)
    for heading in [".SH NAME\nblockals\\-train \\- Trains a model", ".SH SYNOPSIS", ".SH OPTIONS"]
    {
      #expect(page.contains(heading), "\(heading)")
    }
    // A line of the text that begins with a point would be a command.
    #expect(page.split(separator: "\n").allSatisfy { !$0.contains(/^[.'](?!TH|SH|nf|fi)/) })
  }

  @Test func `is one of make's targets, all of which make help lists`() throws {
    let makefile = try String(contentsOfFile: "\(Self.root)/Makefile", encoding: .utf8)
    let listed = makefile.matches(of: /(?m)^## ([a-z-]+): .+\n([a-z-]+):/)
    #expect(listed.count > 10)
    for target in listed { #expect(target.1 == target.2) }
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/make") else { return }
    let help = try CommandRunner.run(["-C", Self.root, "help"], program: "/usr/bin/make")
    for target in listed { #expect(help.output.contains("make \(target.1)"), "\(target.1)") }
  }

  @Test func `says in one line what is missing where there is no Swift`() throws {
    let result = try CommandRunner.run(
      ["\(Self.root)/tools/setup.sh"], program: "/bin/sh", environment: ["PATH": "/nowhere"])
    #expect(result.status == 1)
    let text = "blockals needs a Swift 6.3 toolchain: https://www.swift.org/install/linux/\n"
    #expect(result.errors == text)
  }
}
