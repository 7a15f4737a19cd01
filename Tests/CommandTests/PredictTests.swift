import TestSupport
import Testing

/// Scores of the worked model stand at ``StoredModel/tiny()``.
@Suite struct `Predictions of pairs` {
  private let stored: StoredModel

  init() throws { stored = try StoredModel.tiny() }

  private func run(_ arguments: String..., input: String = "") throws -> CommandResult {
    try CommandRunner.run(arguments, input: Array(input.utf8), in: stored.folder.path)
  }

  @Test func `stand in the order of the input, unknown ones without a score, and counted`() throws {
    try stored.folder.write(
      "user,item,rating\nzoë,Casablanca,3\nann,Alien,5\nann,Heat,1\nzoë,Casablanca,4\neve,Dune,1\n",
      to: "pairs.csv")
    let result = try run("predict", "model", "pairs.csv", "--format", "csv")
    #expect(result.status == 0)
    #expect(
      result.output == """
        user,item,score
        zoë,Casablanca,0.0
        ann,Alien,4.0
        ann,Heat,
        zoë,Casablanca,0.0
        eve,Dune,

        """)
    #expect(
      result.errors
        == "blockals: 2 of 5 pairs have an unknown user or item: they have no score\n")
    let json = try run("predict", "model", "pairs.csv", "--json")
    #expect(
      json.output == """
        {"predictions":[
        {"user":"zoë","item":"Casablanca","score":0.0},
        {"user":"ann","item":"Alien","score":4.0},
        {"user":"ann","item":"Heat","score":null},
        {"user":"zoë","item":"Casablanca","score":0.0},
        {"user":"eve","item":"Dune","score":null}],"pairs":5,"unknownPairs":2}

        """)
  }

  @Test func `are read as partition reads, also from standard input, and clipped on request`()
    throws
  {
    let piped = try run(
      "predict", "model", "-", "--columns", "who,film", "--format", "jsonl", "--clip",
      input: "when\twho\tfilm\n1\tann\tCasablanca\n2\tzoë\tAlien\n")
    #expect(
      piped.output == """
        {"user":"ann","item":"Casablanca","score":1.0}
        {"user":"zoë","item":"Alien","score":5.0}

        """)
    let bad = try run("predict", "model", "-", input: "ann,Alien\nann\n")
    #expect(bad.status == 65)
    #expect(bad.output == "")
    #expect(bad.errors.contains(":2:"))
  }
}
