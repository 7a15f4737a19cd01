import TestSupport
import Testing

@Suite struct `Ratings without values` {
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write("ann,Alien\nann,Dune\nbob,Alien\nzoë,Dune\n", to: "plays.csv")
    try folder.write("ann,Alien,2\nann,Dune,2\nbob,Alien,2\n", to: "twos.csv")
    _ = try run("partition", "plays.csv", "--no-rating", "-o", "plays")
    _ = try run("partition", "twos.csv", "-o", "twos")
  }

  private func run(_ arguments: String...) throws -> CommandResult {
    try CommandRunner.run(arguments, in: folder.path)
  }

  @Test(arguments: ["train", "tune"])
  func `are no explicit feedback`(command: String) throws {
    let hint = "hint: give --feedback implicit, or --feedback explicit to insist\n"
    let plays = try run(command, "plays")
    #expect(plays.status == 64)
    #expect(plays.output == "")
    #expect(
      plays.errors == "blockals: error: plays: its ratings have no values: explicit feedback has "
        + "nothing to learn\n\(hint)")
    let twos = try run(command, "twos", "--preset", "spark")
    #expect(
      twos.errors == "blockals: error: twos: each of its ratings is 2.0: explicit feedback has "
        + "nothing to learn\n\(hint)")
    #expect(twos.status == 64)
  }

  @Test func `are implicit feedback, or what the user insists on`() throws {
    for options in [
      ["--feedback", "implicit"], ["--preset", "ials"], ["--feedback", "explicit"],
    ] {
      let result = try CommandRunner.run(
        ["train", "plays", "-o", "m\(options[1])", "--rank", "2", "--iterations", "1"] + options,
        in: folder.path)
      #expect(result.status == 0, "\(result.errors)")
    }
    // What was insisted on goes on without insisting again.
    #expect(try run("train", "--resume", "mexplicit", "--iterations", "2").status == 0)
  }
}
