import Testing

@Suite struct `The command` {
  @Test func `it says its version`() throws {
    let result = try CommandRunner.run(["--version"])
    #expect(result.status == 0)
    #expect(result.output == "blockals 0.1.0\n")
  }

  @Test func `an unknown subcommand is a usage error`() throws {
    let result = try CommandRunner.run(["factorise"])
    #expect(result.status == 64)
    #expect(result.output == "")
  }
}
