import Foundation
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

@Suite struct `Fields between other signs than commas` {
  static let texts: [(text: String, options: [String])] = [
    ("user;item;rating\nann;Alien;4.5\nbob;Dune;1\n", [String]()),
    ("ann;Alien;4,5\nbob;Dune;1\n", []), ("\"ann\";\"Al;ien\";4,5\nbob;Dune;1\n", []),
    ("ann|Alien|4.5|x\nbob|Dune|1|y\n", []), ("1 2 4.5\n  3   4 1 \n", []),
    ("1 2 4.5\n3\t4\t1\n", ["--format", "spaces"]),
    ("1 2 x 4.5\n3 4 y 1\n", ["--columns", "1,2,4"]),
    ("ann#Alien#4.5\nbob#Dune#1\n", ["--delimiter", "#"]),
    ("a,x;Alien;4.5,7\nbob;Dune;1\n", ["--delimiter", ";", "--max-bad", "1"]),
    ("ann\tA,l,i,en\t4.5\nbob\tD\t1\n", ["--delimiter", "tab"]),
  ]

  @Test(arguments: texts)
  func `are read`(text: String, options: [String]) throws {
    let folder = try TemporaryDirectory()
    try folder.write(text, to: "r.txt")
    let result = try CommandRunner.run(
      ["partition", "r.txt", "-o", "out", "--json"] + options, in: folder.path)
    #expect(result.status == 0, "\(result.errors)")
    let inspected = try CommandRunner.run(["inspect", "out", "--json"], in: folder.path).output
    let hasBadLine = options.contains("--max-bad")
    #expect(inspected.contains("\"ratings\":\(hasBadLine ? 1 : 2),"))
    #expect(inspected.contains("\"highestValue\":\(hasBadLine ? "1.0" : "4.5"),"))
  }

  @Test(arguments: [
    (["--delimiter", "ab"], "\"ab\" is no character that can stand between fields"),
    (["--delimiter", "5"], "\"5\" is no character that can stand between fields"),
    (["--delimiter", "\""], "\"\\\"\" is no character that can stand between fields"),
    (["--delimiter", ";", "--format", "tsv"], "tsv has a separator of its own"),
  ])
  func `are refused where they cannot separate`(options: [String], message: String) throws {
    let folder = try TemporaryDirectory()
    try folder.write("a,b,1\n", to: "r.txt")
    let result = try CommandRunner.run(
      ["partition", "r.txt", "-o", "out"] + options, in: folder.path)
    #expect(result.status == 64)
    #expect(result.errors.hasPrefix("blockals: error: --delimiter: \(message)\n"))
  }
}

@Suite struct `A file that is no text of ratings` {
  static let files: [(bytes: [UInt8], name: String, command: String)] = [
    (Array("PAR1".utf8) + [0x15, 0x04, 0x00], "Parquet", "duckdb -csv"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 0x00, 0x04], "xz", "xz -dc"),
    (Array("BZh91AY&SY".utf8) + [0], "bzip2", "bzip2 -dc"),
    ([0x50, 0x4B, 0x03, 0x04, 0x14, 0x00], "a zip archive", "unzip -p"),
    (Array("SQLite format 3".utf8) + [0], "a SQLite database", "sqlite3"),
    (Array("{\"user\": 1, \"item\": 2, \"rating\": 3}\n".utf8), "JSON", "jq -r"),
    (Array("[\n  {\"user\": 1}\n]\n".utf8), "JSON", "jq -r"),
    (
      Array("r.csv".utf8) + [UInt8](repeating: 0, count: 252) + Array("ustar".utf8),
      "a tar archive",
      "tar -xOf"
    ),
  ]

  @Test(arguments: files)
  func `is called by its name, with what reads it`(
    bytes: [UInt8], name: String, command: String
  ) throws {
    let folder = try TemporaryDirectory()
    try Data(bytes).write(to: URL(fileURLWithPath: folder.file("r.csv")))
    let result = try CommandRunner.run(["partition", "r.csv", "-o", "out"], in: folder.path)
    #expect(result.status == 65)
    #expect(
      result.errors.hasPrefix(
        "blockals: error: r.csv: the file is \(name), not text of ratings\n"
          + "hint: read it through: blockals partition --from-command \"\(command)"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["r.csv"])
  }

  @Test func `is text where it is said to be`() throws {
    let folder = try TemporaryDirectory()
    try folder.write("[[a,b,1\n", to: "r.csv")
    let said = try CommandRunner.run(
      ["partition", "r.csv", "-o", "out", "--format", "csv"], in: folder.path)
    #expect(said.status == 0, "\(said.errors)")
  }
}
