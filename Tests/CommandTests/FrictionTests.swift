import TestSupport
import Testing

/// What is not what a command takes is called by its name, with the command that helps.
@Suite struct `A path that leads to something else` {
  private let stored: StoredModel

  init() throws {
    stored = try StoredModel.tiny()
    try stored.folder.write(TinyRatings.csv, to: "ratings.csv")
    try stored.folder.write("\u{7F}ELF", to: "program")
  }

  @Test(arguments: [
    (
      "train ratings.csv", "ratings.csv: is a ratings file, and a partition is needed",
      "make one of it first: blockals partition ratings.csv -o ratings.blocks"
    ),
    (
      "tune program", "program: is a file, and a partition is needed",
      "make one of it first: blockals partition program -o program.blocks"
    ),
    (
      "train model", "model: is a model, and a partition is needed",
      "name the partition that it was trained on; blockals inspect model says which"
    ),
    (
      "train nowhere", "nowhere: does not exist, and a partition is needed",
      "make one: blockals partition RATINGS -o nowhere"
    ),
    (
      "recommend ratings.blocks 42", "ratings.blocks: is a partition, and a model is needed",
      "train one on it first: blockals train ratings.blocks -o ratings.model"
    ),
    (
      "similar nowhere --item Dune", "nowhere: does not exist, and a model is needed",
      "train one: blockals train PARTITION -o nowhere"
    ),
    (
      "export ratings.csv --format npy", "ratings.csv: is a ratings file, and a model is needed",
      "partition it, and train: blockals partition ratings.csv -o ratings.blocks; blockals train "
        + "ratings.blocks -o ratings.model"
    ),
    (
      "recommend model/generations ann",
      "model/generations: is no model: it has no directory generations",
      "train one under another name: blockals train PARTITION -o DIR"
    ),
    (
      "recommend model --exclude ratings.csv ann",
      "ratings.csv: is a ratings file, and a partition is needed",
      "make one of it first: blockals partition ratings.csv -o ratings.blocks"
    ),
    (
      "inspect ratings.csv", "ratings.csv: is a ratings file, neither a partition nor a model",
      "name a directory that blockals partition or blockals train has written"
    ),
    (
      "verify nowhere", "nowhere: does not exist",
      "name a directory that blockals partition or blockals train has written"
    ),
  ])
  func `is named`(command: String, message: String, hint: String) throws {
    let result = try CommandRunner.run(
      command.split(separator: " ").map(String.init), in: stored.folder.path)
    #expect(result.status == 66)
    #expect(result.output == "")
    #expect(result.errors == "blockals: error: \(message)\nhint: \(hint)\n")
  }
}

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

@Suite struct `Fields between what is not read` {
  @Test(arguments: [
    ("user;item;rating\nann;Alien;5\n", "semicolons", "tr ';' ','"),
    ("ann;Alien;4,5\n", "semicolons, and its decimals have commas", "tr ';,' ',.'"),
    ("1|2|3.5|x\n", "bars", "tr '|' '\\t'"), ("1 2 3.5\n", "spaces", "tr -s ' ' '\\t'"),
  ])
  func `are named, with a filter that helps`(text: String, name: String, filter: String) throws {
    let folder = try TemporaryDirectory()
    try folder.write(text, to: "r.txt")
    let result = try CommandRunner.run(["partition", "r.txt", "-o", "out"], in: folder.path)
    #expect(result.status == 65)
    #expect(
      result.errors == "blockals: error: r.txt:1:1: the line's fields stand between \(name)\n"
        + "hint: read it through: \(filter) < FILE | blockals … -\n")
  }
}
