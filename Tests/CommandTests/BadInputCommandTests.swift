import Foundation
import TestSupport
import Testing

/// A call of `partition` that fails, and what the user sees.
struct BadCall: Sendable, CustomStringConvertible {
  let name: String
  let text: String
  var arguments: [String] = []
  let status: Int32
  let errors: String
  var description: String { name }
}

/// The built command on input that it cannot use: its exit status, its words, and what it leaves.
struct BadInputCommandTests {
  static let calls = [
    BadCall(
      name: "a rating that is no number", text: "a,b,1\na,c,four\n", status: 65,
      errors: """
        blockals: error: in.csv:2:5: rating "four" is not a number (byte 10)
        hint: a number is digits with an optional sign, decimal point and exponent, like 3.5 or 1e-2

        """),
    BadCall(
      name: "too few fields", text: "a,b,1\na,c\n", status: 65,
      errors: """
        blockals: error: in.csv:2:4: the line has 2 fields, not 3 (byte 9)
        hint: every line must have as many fields as the first, 3 here

        """),
    BadCall(
      name: "an empty file", text: "", status: 65,
      errors: """
        blockals: error: in.csv: the file is empty
        hint: it should hold ratings

        """),
    BadCall(
      name: "a quote that is never closed", text: "a,b,1\n\"a,b,2\n", status: 65,
      errors: """
        blockals: error: in.csv:2:1: a quote is opened here and never closed (byte 6)
        hint: close it, or double it where it belongs to the text

        """),
    BadCall(
      name: "control characters", text: "a,b,1\na,b,\u{1B}[31m\n", status: 65,
      errors: """
        blockals: error: in.csv:2:5: rating "\\x1b[31m" is not a number (byte 10)
        hint: a number is digits with an optional sign, decimal point and exponent, like 3.5 or 1e-2

        """),
    BadCall(
      name: "a repeated pair", text: "a,b,1\nc,b,1\na,b,2\n", status: 65,
      errors: """
        blockals: error: in.csv:3: user "a" and item "b" have a rating already, at in.csv:1
        hint: say what counts with --duplicates last, sum, mean or keep

        """),
    BadCall(
      name: "more bad lines than may be skipped", text: "a,b,1\nx\ny\n",
      arguments: ["--max-bad", "1"], status: 65,
      errors: """
        blockals: error: in.csv:3:2: the line has 1 field, not 3 (byte 9)
        hint: every line must have as many fields as the first, 3 here

        """),
    BadCall(
      name: "two columns", text: "a,b\n", status: 65,
      errors: """
        blockals: error: in.csv:1:1: the line has 2 fields between commas, but user, item \
        and rating are needed
        hint: give --no-rating where each line counts as a rating of 1

        """),
    BadCall(
      name: "columns that are not there", text: "a,b,1\n", arguments: ["--columns", "1,2,7"],
      status: 65,
      errors: """
        blockals: error: in.csv:1:1: there is no column 7: the line has 3 fields
        hint: check --columns and --format

        """),
    BadCall(
      name: "columns that name too few", text: "a,b,1\n", arguments: ["--columns", "1,2"],
      status: 64,
      errors: """
        blockals: error: --columns: "1,2" does not name user, item and rating
        hint: three names or numbers with commas between, for example userId,movieId,rating or 1,2,3

        """),
    BadCall(
      name: "a hold-out of everything", text: "a,b,1\n", arguments: ["--holdout", "1"], status: 64,
      errors: "blockals: error: --holdout: 1.0 is not between 0 and 1\n"),
    BadCall(
      name: "no workers", text: "a,b,1\n", arguments: ["--workers", "0"], status: 64,
      errors: "blockals: error: --workers: 0 is not between 1 and 1024\n"),
    BadCall(
      name: "rejects without bad lines", text: "a,b,1\n", arguments: ["--rejects", "bad.csv"],
      status: 64,
      errors: """
        blockals: error: --rejects: no bad line is skipped, so there is nothing to list
        hint: say with --max-bad how many lines may be skipped

        """),
    BadCall(
      name: "no blocks", text: "a,b,1\n", arguments: ["--user-blocks", "0"], status: 64,
      errors: "blockals: error: --user-blocks: 0 is not between 1 and 1048576\n"),
    BadCall(
      name: "counts that nobody reaches", text: "a,b,1\n", arguments: ["--min-item-ratings", "2"],
      status: 65,
      errors: """
        blockals: error: no rating is left for training
        hint: lower --min-user-ratings or --min-item-ratings

        """),
    BadCall(
      name: "too little memory", text: "a,b,1\n", arguments: ["--memory", "1K"], status: 71,
      errors: """
        blockals: error: --memory: 1024 bytes are too few: the ids take 134
        hint: give at least --memory 1M

        """),
    BadCall(
      name: "a file that is missing", text: "a,b,1\n", arguments: ["none.csv"], status: 66,
      errors: """
        blockals: error: none.csv: cannot open: No such file or directory
        hint: check the path

        """),
    BadCall(
      name: "a directory", text: "a,b,1\n", arguments: ["."], status: 65,
      errors: "blockals: error: .: is a directory\n"),
    BadCall(
      name: "an output that exists", text: "a,b,1\n", arguments: ["-o", "in.csv"], status: 73,
      errors: """
        blockals: error: in.csv: exists already
        hint: choose another name, or remove it first

        """),
  ]

  @Test(arguments: calls)
  func `bad input ends with its words and status, and leaves nothing`(_ call: BadCall) throws {
    let directory = try TemporaryDirectory()
    try directory.write(call.text, to: "in.csv")
    let output = call.arguments.contains("-o") ? [] : ["-o", "new/parent/out"]
    let result = try CommandRunner.run(
      ["partition", "in.csv", "--workers", "1"] + output + call.arguments, in: directory.path)
    #expect(result.status == call.status)
    #expect(result.errors == call.errors)
    #expect(result.output.isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["in.csv"])
  }

  @Test func `standard input needs the name of an output`() throws {
    let result = try CommandRunner.run(["partition", "-"], input: Array("a,b,1\n".utf8))
    #expect(result.status == 64)
    #expect(
      result.errors == """
        blockals: error: ratings from standard input have no name
        hint: name one with -o DIR

        """)
  }

  @Test func `the worked matrix is partitioned from a file and from standard input alike`() throws {
    let directory = try TemporaryDirectory()
    try directory.write(TinyRatings.csv, to: "tiny.csv")
    let named = try CommandRunner.run(["partition", "tiny.csv", "--json"], in: directory.path)
    #expect(named.status == 0 && named.errors.isEmpty)
    #expect(named.output.contains("\"directory\":\"Partitions/tiny\""))
    #expect(named.output.contains("\"rows\":8,\"ratings\":8,\"users\":3,\"items\":4"))
    let piped = try CommandRunner.run(
      ["partition", "-", "-o", "piped", "--json"], input: Array(TinyRatings.csv.utf8),
      in: directory.path)
    #expect(piped.status == 0)
    let digest = { (text: String) in text.split(separator: ",").first { $0.hasPrefix("\"digest\"") }
    }
    #expect(digest(named.output) != nil && digest(named.output) == digest(piped.output))
    let words = try CommandRunner.run(
      ["partition", "tiny.csv", "-o", "words"], in: directory.path)
    #expect(
      words.output.hasPrefix("words: 8 ratings, 3 users × 4 items, 1 + 1 blocks, "))
  }

  @Test func `generated ratings are the same for any workers, and are not written over`() throws {
    let directory = try TemporaryDirectory()
    let shape = [
      "generate", "--users", "300", "--items", "200", "--ratings", "6000", "--seed", "4",
    ]
    let one = try CommandRunner.run(shape + ["-o", "-", "--workers", "1"])
    let three = try CommandRunner.run(
      shape + ["-o", "g.csv", "--workers", "3"], in: directory.path)
    #expect(one.status == 0 && three.status == 0)
    #expect(try directory.read("g.csv") == one.outputBytes)
    let other = try CommandRunner.run(
      shape + ["-o", "g.csv", "--rank", "3"], in: directory.path)
    #expect(other.status == 73)
    let tooMany = try CommandRunner.run(
      ["generate", "--users", "3", "--items", "3", "--ratings", "10", "-o", "-"])
    #expect(tooMany.status == 64)
    #expect(
      tooMany.errors == """
        blockals: error: --ratings: 10 is not between 1 and users times items, 9
        hint: no pair is rated twice

        """)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["g.csv"])
  }

  /// No number of bad lines is too large to be allowed, and no number of workers is made.
  @Test func `the largest number is no trap`() throws {
    let folder = try TemporaryDirectory()
    try folder.write("a,b,1\nx\na,c,four\nb,b,2\n", to: "in.csv")
    let result = try CommandRunner.run(
      ["partition", "in.csv", "-o", "p", "--max-bad", "\(Int.max)"], in: folder.path)
    #expect(result.status == 0 && result.output.contains("bad lines: 2 skipped"))
    for command in ["verify p", "recommend m a", "evaluate m --holdout p", "tune p"] {
      let words = command.split(separator: " ").map { String($0) }
      let result = try CommandRunner.run(words + ["--workers", "\(Int.max)"], in: folder.path)
      #expect(result.status == 64)
      #expect(result.errors.contains("--workers: \(Int.max) is not between 1 and 1024"))
    }
  }
}
