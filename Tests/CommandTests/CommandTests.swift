import Testing

@Suite struct `The command` {
  @Test func `it says its version`() throws {
    let result = try CommandRunner.run(["--version"])
    #expect(result.status == 0)
    let words = """
      ^blockals 0\\.1\\.0
      commit           (unknown|[0-9a-f]{7,12}(\\+changes)?)
      instruction set  (avx2|avx512|neon)
      file formats     manifests 1, shards 1\\.0
      $
      """
    #expect(result.output.contains(try Regex(words)), "\(result.output)")
  }

  @Test func `an unknown subcommand is a usage error`() throws {
    let result = try CommandRunner.run(["factorise"])
    #expect(result.status == 64)
    #expect(result.output == "")
  }
}
