import Foundation
import TestSupport
import Testing

/// What comes from outside is printed so that it can be seen, and never steers a terminal.
@Suite struct `On a terminal` {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func text(_ arguments: [String]) throws -> String {
    let result = try CommandRunner.run(arguments, in: folder.path)
    return result.output + result.errors
  }

  private func isHarmless(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy {
      $0 == "\n" || ($0.value >= 32 && !(127..<160).contains($0.value))
    }
  }

  @Test func `a banner and the name of its file are harmless`() throws {
    let name = "x\u{1B}[31m\u{9B}1m.mtx"
    try folder.write(
      "%%MatrixMarket matrix \u{1B}]0;x\u{7}coordinate real general\n1 1 1\n1 1 1\n", to: name)
    let said = try text(["partition", name, "-o", "out"])
    #expect(isHarmless(said))
    #expect(said.contains(#"x\x1b[31m\xc2\x9b1m.mtx:1:1: "#) && said.contains(#"\x1b]0;x\x07"#))
  }

  @Test func `a path that a manifest states is harmless`() throws {
    let stored = try StoredModel.tiny()
    let odd = folder.file("odd\u{1B}[31m")
    try FileManager.default.moveItem(atPath: stored.partition, toPath: odd)
    #expect(
      try CommandRunner.run(
        ["train", odd, "-o", "m", "--rank", "2", "--iterations", "1"], in: folder.path
      ).status == 0)
    for arguments in [["inspect", "m"], ["inspect", "m", "--json"], ["inspect", odd]] {
      let said = try text(arguments)
      #expect(isHarmless(said) && said.contains("odd"), "\(arguments)")
    }
    try FileManager.default.removeItem(atPath: odd)
    let said = try text(["train", "--resume", "m"])
    #expect(isHarmless(said) && said.contains(#"odd\x1b[31m: does not exist"#))
  }

  @Test func `an option that is none is harmless`() throws {
    #expect(isHarmless(try text(["verify", "--\u{1B}[31m"])))
  }

  @Test func `a torn log is mended by the next training, also of a finished model`() throws {
    let stored = try StoredModel.tiny()
    let train = ["train", stored.partition, "-o", "m", "--rank", "2", "--iterations", "3"]
    #expect(try CommandRunner.run(train, in: folder.path).status == 0)
    let whole = try folder.read("m/training.jsonl")
    for lost in [1, 20, whole.count / 2, whole.count] {
      try folder.replace("m/training.jsonl", with: Array(whole.dropLast(lost)))
      #expect(try CommandRunner.run(["verify", "m"], in: folder.path).status == 65)
      #expect(try CommandRunner.run(train, in: folder.path).status == 0)
      let verified = try CommandRunner.run(["verify", "m"], in: folder.path)
      #expect(verified.status == 0, "\(lost): \(verified.output)")
    }
  }
}
