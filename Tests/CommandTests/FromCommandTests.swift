import Foundation
import TestSupport
import Testing

/// `partition --from-command`, with children of the shell.
struct FromCommandTests {
  /// Partitions what a command writes.
  private func partition(
    _ command: String, in directory: TemporaryDirectory,
    interruption: CommandRunner.Interruption? = nil
  ) throws -> CommandResult {
    try CommandRunner.run(
      ["partition", "--from-command", command, "-o", "p"], in: directory.path,
      interruption: interruption)
  }

  @Test func `what a command writes is read like a file`() throws {
    let directory = try TemporaryDirectory()
    _ = try directory.write("user,item,rating\nann,Alien,5\nbob,Dune,1\n", to: "r.csv")
    let result = try partition("cat r.csv | sort -r; echo \"zoë,Dune,4\"", in: directory)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("p: 3 ratings, 3 users × 2 items"))
    // Files come first, and both are one text.
    let both = try CommandRunner.run(
      [
        "partition", "r.csv", "--from-command", "echo ann,Alien,2", "--duplicates", "last",
        "--json",
      ]
        + ["-o", "q"], in: directory.path)
    #expect(both.output.contains("\"rows\":3,") && both.output.contains("\"mergedRows\":1"))
  }

  @Test(arguments: [
    ("echo a,b,1; exit 3", "the command ended with status 3"),
    ("echo a,b,1; kill -9 $$", "the command was ended by signal 9"),
    // What is cut in the middle of a line is no bad line.
    ("printf 'a,b,1\\nc'; exit 1", "the command ended with status 1"),
    ("exit 1", "the command ended with status 1"),
    ("no-such-program-at-all", "the command ended with status 127"),
    ("exec >&-; sleep 0.1; exit 4", "the command ended with status 4"),
  ])
  func `a command that fails is not believed`(_ command: String, _ message: String) throws {
    let directory = try TemporaryDirectory()
    let result = try partition(command, in: directory)
    #expect(result.status == 74)
    #expect(
      result.errors.hasSuffix(
        """
        blockals: error: --from-command: \(message)
        hint: what it wrote is not believed; nothing was kept

        """), "\(result.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
  }

  @Test(arguments: [
    "echo a,b,1; echo $$ > pid; exec sleep 600",
    "echo $$ > pid; trap '' TERM; while :; do sleep 1; done",
    "echo $$ > pid; yes a,b,1",
  ])
  func `a signal ends the command too, however long it would run`(_ command: String) throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("pid")
    let result = try partition(
      command, in: directory,
      interruption: CommandRunner.Interruption(signal: SIGTERM) {
        (try? String(contentsOfFile: file, encoding: .utf8))?.hasSuffix("\n") == true
      })
    #expect(result.status == 75, "\(result.errors)")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let process = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(kill(process, 0) == -1 && errno == ESRCH)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["pid"])
  }

  @Test func `a bad line ends the command, which has no input`() throws {
    let directory = try TemporaryDirectory()
    let result = try partition("cat; echo a,b,1; echo c; exec yes a,b,1", in: directory)
    #expect(result.status == 65)
    #expect(result.errors.contains("the command's output:2:2: the line has 1 field, not 3"))
  }

  @Test func `without a file and without a command, that is said`() throws {
    let directory = try TemporaryDirectory()
    let none = try CommandRunner.run(["partition", "-o", "p"], in: directory.path)
    #expect(none.status == 64)
    #expect(none.errors.hasPrefix("blockals: error: no file of ratings is named\nhint: name files"))
    let nameless = try CommandRunner.run(
      ["partition", "--from-command", "echo a,b,1"], in: directory.path)
    #expect(nameless.status == 64)
    #expect(nameless.errors.contains("ratings from a command have no name"))
  }

  /// The command line of DuckDB, where one is on the path.
  private static let duckDB = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":")
    .map { "\($0)/duckdb" }.first { FileManager.default.isExecutableFile(atPath: $0) }

  @Test(.enabled(if: duckDB != nil, "duckdb is not on the path"))
  func `DuckDB's Parquet and databases are read as docs_DATABASES_md says`() throws {
    let duckDB = try #require(Self.duckDB)
    let directory = try TemporaryDirectory()
    _ = try directory.write(TinyRatings.csv, to: "ratings.csv")
    let convert = "COPY (SELECT * FROM 'ratings.csv') TO 'ratings.parquet' (FORMAT parquet)"
    let made = try CommandRunner.run(["-c", convert], in: directory.path, program: duckDB)
    #expect(made.status == 0, "\(made.errors)")
    let query = "\(duckDB) -csv -c \"SELECT user, item, rating FROM 'ratings.parquet'\""
    #expect(try partition(query, in: directory).status == 0)
    let text = try CommandRunner.run(["partition", "ratings.csv", "-o", "t"], in: directory.path)
    #expect(text.status == 0)
    let digests = try ["p", "t"].map { name in
      try CommandRunner.run(["inspect", name, "--json"], in: directory.path).output
        .firstMatch(of: /"digest":"([0-9a-f]+)"/).map { String($0.1) }
    }
    #expect(digests[0] != nil && digests[0] == digests[1])
    let missing = try CommandRunner.run(
      [
        "partition", "--from-command", "\(duckDB) -csv -c \"SELECT * FROM 'none.parquet'\"", "-o",
        "q",
      ],
      in: directory.path)
    #expect(missing.status == 74)
  }
}
