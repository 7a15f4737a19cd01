import TestSupport
import Testing

@Suite struct `Training with a ridge next to nothing` {
  /// What a training says on standard error, and its `training.jsonl`.
  private func train(regularization: String) throws -> (errors: String, log: String) {
    let folder = try TemporaryDirectory()
    for arguments in [
      ["generate", "--users", "60", "--items", "40", "--ratings", "900", "-o", "r.csv"],
      ["partition", "r.csv", "-o", "p"],
    ] {
      #expect(try CommandRunner.run(arguments, in: folder.path).status == 0)
    }
    let result = try CommandRunner.run(
      [
        "train", "p", "-o", "m", "--rank", "24", "--iterations", "3", "--regularization",
        regularization,
      ], in: folder.path)
    #expect(result.status == 0)
    return (result.errors, String(decoding: try folder.read("m/training.jsonl"), as: UTF8.self))
  }

  @Test func `notes the rows that were solved in double precision`() throws {
    let (errors, log) = try train(regularization: "1e-6")
    #expect(errors.contains("blockals: note: iteration 3: "))
    #expect(errors.contains(" rows were ill-conditioned and solved in double precision"))
    #expect(!errors.contains("warning"))
    #expect(log.contains(#""fallbackRows":0,"doubleRows":"#))
    #expect(log.contains(/"doubleRows":[1-9]/))
  }

  @Test func `warns of the rows that were singular`() throws {
    let (errors, log) = try train(regularization: "0")
    #expect(errors.contains(/blockals: warning: iteration 3: \d+ user rows were singular and got/))
    #expect(log.contains(/"fallbackRows":[1-9]/))
  }

  @Test func `says nothing where every row was solved as usual`() throws {
    let (errors, log) = try train(regularization: "0.1")
    #expect(!errors.contains("note") && !errors.contains("warning"))
    #expect(!log.contains(/(fallback|double)Rows":[1-9]/))
  }
}
