import BlockMatrix
import BlockStore
import Foundation
import TestSupport
import Testing

/// The whole road by mpirun: processes with memory of their own, and what ends them.
@Suite(.serialized, .enabled(if: MPIRunner.isThere, MPIRunner.needs))
struct `Training under mpirun` {
  private let folder: TemporaryDirectory
  private let disk = PosixFileSystem()

  init() throws {
    folder = try TemporaryDirectory()
    _ = try RatingMatrix.random(userCount: 160, itemCount: 90, ratingCount: 2500, seed: 5)
      .partition(at: folder.file("p"), userBlocks: 9, itemBlocks: 8)
  }

  private static let settings = ["--rank", "6", "--iterations", "3"]
  static let models = [
    ["--biases", "--bias-regularization", "0.02"],
    ["--nonnegative"],
    ["--feedback", "implicit", "--alpha", "40"],
    ["--feedback", "implicit", "--confidence", "spark"],
    ["--solver", "cg", "--cg-steps", "3"],
  ]

  private func digest(_ model: String) throws -> String {
    let newest = try ModelDirectory.open(folder.file(model), in: disk).newestGood()
    return try Digest.factors(#require(newest).factors)
  }

  /// What one process makes of the same settings.
  private func expected(_ settings: [String]) throws -> String {
    let alone = try CommandRunner.run(["train", "p", "-o", "alone"] + settings, in: folder.path)
    #expect(alone.status == 0, "\(alone.errors)")
    return try digest("alone")
  }

  private func train(
    _ settings: [String], into model: String = "m", ranks: Int,
    watch: (Int32) throws -> Void = { _ in }
  ) throws -> CommandResult {
    try MPIRunner.run(
      ["train", "p", "-o", model] + settings, ranks: ranks, in: folder.path, watch: watch)
  }

  private func messages(_ result: CommandResult) -> [String] {
    result.errors.split(separator: "\n").map { String($0) }.filter { $0.hasPrefix("blockals: ") }
  }

  // MARK: The same bytes

  @Test func `any number of ranks and workers writes what one process writes`() throws {
    let expected = try expected(Self.settings)
    for ranks in [1, 2, 3, 4, 8] {
      for workers in [1, 3] {
        let model = "m\(ranks)-\(workers)"
        let result = try train(
          Self.settings + ["--workers", "\(workers)"], into: model, ranks: ranks)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.hasPrefix("\(model): 3 iterations, "))
        #expect(try digest(model) == expected, "\(ranks) ranks, \(workers) workers")
      }
    }
  }

  @Test(arguments: models) func `so does every model`(_ model: [String]) throws {
    let settings = Self.settings + model
    let expected = try expected(settings)
    for (ranks, workers) in [(3, 1), (8, 2)] {
      let result = try train(
        settings + ["--workers", "\(workers)"], into: "m\(ranks)", ranks: ranks)
      #expect(result.status == 0, "\(result.errors)")
      #expect(try digest("m\(ranks)") == expected, "\(ranks) ranks")
    }
  }

  // MARK: What ends a job

  private static let long = ["--rank", "6", "--iterations", "40"]

  private var hasThree: Bool {
    // Generations come and go; the third is seen only by chance.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.file("m/generations")))
    return (names ?? []).contains { $0.count == 8 && $0 >= "00000003" }
  }

  @Test func `a killed rank ends the job, and any number of ranks goes on`() throws {
    let expected = try expected(Self.long)
    for (ranks, others, victim) in [(3, 2, 1), (2, 4, 0), (4, 1, 3)] {
      var isKilled = false
      let killed = try train(Self.long, ranks: ranks) { mpirun in
        guard !isKilled, hasThree else { return }
        kill(try MPIRunner.ranks(startedBy: mpirun)[victim], SIGKILL)
        isKilled = true
      }
      #expect(killed.status == 128 + SIGKILL)
      #expect(try disk.list(folder.file("m/generations")) != ["00000039", "00000040"])
      let resumed = try train(Self.long, ranks: others)
      #expect(resumed.status == 0 && resumed.errors.hasPrefix("going on after iteration "))
      #expect(try digest("m") == expected)
      try disk.removeTree(folder.file("m"))
    }
  }

  /// As mpirun hands SIGUSR1 on; it cannot be sent that here, where it inherits a block of it.
  @Test func `a signal that asks to stop saves, and the job is gone on with`() throws {
    let settings = ["--rank", "6", "--iterations", "400"]
    let expected = try expected(settings)
    var isSent = false
    let stopped = try train(settings, ranks: 3) { mpirun in
      guard !isSent, hasThree else { return }
      for rank in try MPIRunner.ranks(startedBy: mpirun) { kill(rank, SIGUSR1) }
      isSent = true
    }
    #expect(stopped.status == 75)
    #expect(messages(stopped).filter { $0.hasPrefix("blockals: stopped: ") }.count == 1)
    #expect(try train(settings, ranks: 2).status == 0)
    #expect(try digest("m") == expected)
  }

  // MARK: What is refused

  @Test func `what all ranks meet is said once`() throws {
    for _ in 0..<3 {
      let missing = try MPIRunner.run(["train", "nowhere"], ranks: 4, in: folder.path)
      #expect(missing.status == 66)
      #expect(
        messages(missing) == [
          "blockals: error: nowhere: does not exist, and a partition is needed"
        ])
    }
    #expect(try train(Self.settings, ranks: 2).status == 0)
    let other = try train(["--rank", "7"], ranks: 2)
    #expect(other.status == 78 && messages(other).count == 1)
  }

  @Test func `what one rank meets is said with its number and host`() throws {
    let shard = "p/users-00008.csr"
    var bytes = try folder.read(shard)
    bytes[bytes.count / 2] ^= 1
    try folder.replace(shard, with: bytes)
    let result = try train(Self.settings, ranks: 3)
    #expect(result.status == 65)
    let host = ProcessInfo.processInfo.hostName.split(separator: ".").first ?? ""
    let said = messages(result)
    #expect(said.count == 1)
    #expect(said.first?.hasPrefix("blockals: error: rank 2 on \(host)") == true, "\(said)")
    #expect(said.first?.contains(shard) == true, "\(said)")
  }

  @Test func `more ranks than blocks are refused, and leave nothing`() throws {
    let before = try disk.list(folder.path)
    for _ in 0..<3 {
      let result = try train(Self.settings, ranks: 9)
      #expect(result.status == 64)
      #expect(messages(result) == ["blockals: error: 9 ranks cannot share 8 item blocks"])
      #expect(result.errors.contains("hint: start fewer ranks, or partition with --item-blocks 9"))
      #expect(try disk.list(folder.path) == before)
    }
  }

  @Test func `commands that run as one process are refused on several ranks`() throws {
    for command in [["inspect", "p"], ["verify", "p"], ["tune", "p"], ["evaluate", "p"]] {
      let result = try MPIRunner.run(command, ranks: 2, in: folder.path)
      #expect(result.status == 64)
      // The first process that leaves may end the others before they have said why.
      #expect(messages(result).count <= 1)
    }
  }

  @Test func `without what knows MPI it says how to get that`() throws {
    let command = folder.file("blockals")
    try FileManager.default.copyItem(atPath: CommandRunner.path, toPath: command)
    let two = try MPIRunner.run(["train", "p"], ranks: 2, in: folder.path, command: command)
    #expect(two.status == 66)
    #expect(messages(two).count == 1)
    #expect(two.errors.contains("hint: build it: make mpi (it needs libopenmpi-dev)"))
    let one = try MPIRunner.run(
      ["train", "p", "-o", "m"] + Self.settings, ranks: 1, in: folder.path, command: command)
    #expect(one.status == 0, "\(one.errors)")
  }
}

@Suite struct `Training under Slurm` {
  @Test func `refuses processes that do not know of each other`() throws {
    let folder = try TemporaryDirectory()
    let result = try CommandRunner.run(
      ["train", "p"], in: folder.path,
      environment: ["SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "0"])
    #expect(result.status == 64)
    #expect(
      result.errors.hasPrefix(
        "blockals: error: Slurm has started 4 processes that do not know of each other\nhint: "))
  }
}
