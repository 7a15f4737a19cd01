import BlockMatrix
import BlockStore
import Foundation
import TestSupport
import Testing

/// The folder of the format document, with the bytes that every build must read.
enum Fixtures {
  static let partitions = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Partitions").path
  static let golden = partitions + "/Golden/v1"
  static let damaged = partitions + "/Damaged"

  /// Where to write golden and damaged files anew: only when the format gets a new version.
  static let target = ProcessInfo.processInfo.environment["BLOCKALS_WRITE_FIXTURES"]

  static func bytes(_ path: String) throws -> [UInt8] {
    let file = try PosixFileSystem().open(path, streaming: false)
    return try file.read(count: file.byteCount, at: 0)
  }

  /// Writes what is in `Golden/v1`.
  static func writeGolden(_ folder: String) throws {
    let disk = PosixFileSystem()
    try Worked.writePartition("\(folder)/ratings.blocks")
    try Worked.writePartition("\(folder)/holdout.blocks", holdout: Worked.holdout, coded: false)
    let partition = try Partition.open("\(folder)/ratings.blocks", in: disk)
    for (name, hasBias) in [("model", false), ("biased.model", true)] {
      let model = try ModelDirectory.openOrCreate("\(folder)/\(name)", in: disk)
      try model.copyIds(from: partition)
      try Worked.writeGeneration(1, to: model, of: partition, rank: 2, hasBias: hasBias)
      try model.log.append(#"{"event":"phase","iteration":1,"side":"user"}"#)
      try model.log.append(#"{"event":"iteration","iteration":1,"generation":"00000001"}"#)
    }
  }

  /// All files of a folder, as paths within it.
  static func files(_ folder: String, _ inside: String = "") throws -> [String] {
    let disk = PosixFileSystem()
    return try disk.list("\(folder)/\(inside)").flatMap { name in
      let path = inside.isEmpty ? name : "\(inside)/\(name)"
      return try disk.status("\(folder)/\(path)")?.kind == .directory
        ? try files(folder, path) : [path]
    }
  }
}

@Suite struct `Golden files` {
  let disk = PosixFileSystem()

  @Test(.enabled(if: Fixtures.target != nil))
  func `are written anew`() throws {
    try Fixtures.writeGolden((Fixtures.target ?? "") + "/Golden/v1")
  }

  @Test(arguments: [("ratings.blocks", true), ("holdout.blocks", false)])
  func `give the worked matrix`(name: String, coded: Bool) throws {
    let partition = try Partition.open("\(Fixtures.golden)/\(name)", in: disk)
    #expect(partition.facts.grids == Worked.grids())
    for side in Side.allCases {
      for (block, expected) in Worked.blocks(side, Worked.grids(), coded: coded).enumerated() {
        #expect(try partition.readBlock(block, of: side) == expected)
      }
      #expect(try partition.readIds(side) == TinyRatings.idTable(side))
    }
    #expect(try partition.readHoldout() == (coded ? HoldoutRatings() : Worked.holdout))
    #expect(partition.facts.holdout?.fraction == (coded ? nil : 0.25))
  }

  @Test(arguments: [("model", false), ("biased.model", true)])
  func `give the worked factors`(name: String, hasBias: Bool) throws {
    let model = try ModelDirectory.open("\(Fixtures.golden)/\(name)", in: disk)
    let newest = try #require(try model.newestGood())
    #expect(try newest.number == 1 && newest.facts.rules().iterations == 15)
    #expect(newest.facts.mean == (hasBias ? 3.5625 : nil))
    #expect(newest.facts.hyperparameters.biasRegularization == (hasBias ? 0.02 : nil))
    for side in Side.allCases {
      let expected = try Worked.factors(side, rank: 2, hasBias: hasBias)
      #expect(newest.factors[side].bits == expected.bits)
      #expect(try model.readIds(side, of: newest.facts) == TinyRatings.idTable(side))
    }
    #expect(try model.log.lines().count == 2)
  }

  @Test(arguments: ["ratings.blocks", "holdout.blocks", "model", "biased.model"])
  func `are whole`(name: String) throws {
    let verification = try Verification.run("\(Fixtures.golden)/\(name)", in: disk, workers: 2)
    #expect(verification.failures == [] && verification.notes == [])
    #expect(verification.digest?.count == 32)
  }

  /// Another zstd may compress otherwise; everything else is fixed to the bit.
  @Test func `are written in the same bytes today`() throws {
    let directory = try TemporaryDirectory()
    try Fixtures.writeGolden(directory.path)
    let names = try Fixtures.files(Fixtures.golden)
    #expect(try Fixtures.files(directory.path).filter { !$0.hasSuffix("LOCK") } == names)
    for name in names {
      let (old, new) = (try Fixtures.bytes("\(Fixtures.golden)/\(name)"), try directory.read(name))
      switch name.split(separator: ".").last {
      case "csr", "ids", "coo":
        let (oldForge, newForge) = (ShardForge(old), ShardForge(new))
        #expect(oldForge.fixed.prefix(56) == newForge.fixed.prefix(56), "\(name)")
        #expect(oldForge.sections.map(\.kind) == newForge.sections.map(\.kind), "\(name)")
        #expect(oldForge.sections.map(\.rawCount) == newForge.sections.map(\.rawCount), "\(name)")
        #expect(
          oldForge.sections.map(\.rawChecksum) == newForge.sections.map(\.rawChecksum), "\(name)")
      case "safetensors", "jsonl": #expect(old == new, "\(name)")
      default: break
      }
    }
  }
}
