import BlockMatrix
import BlockStore
import TestSupport
import Testing

@Suite struct `A model` {
  let directory: TemporaryDirectory
  let model: ModelDirectory
  let partition: Partition
  init() throws {
    directory = try TemporaryDirectory()
    try Worked.writePartition(directory.file("p"))
    model = try ModelDirectory.openOrCreate(directory.file("m"), in: PosixFileSystem())
    partition = try Partition.open(directory.file("p"), in: PosixFileSystem())
    try model.copyIds(from: partition)
  }

  @Test(arguments: [1, 3, 16, 17, 100], [true, false])
  func `reads its factors back, bit by bit`(rank: Int, hasBias: Bool) throws {
    #expect(try model.newestGood() == nil)
    try Worked.writeGeneration(3, to: model, of: partition, rank: rank, hasBias: hasBias)
    try Worked.writePartition(directory.file("q"), grids: Worked.grids(3, 1))
    let other = try Partition.open(directory.file("q"), in: PosixFileSystem())
    try Worked.writeGeneration(
      12, to: model, of: other, rank: rank, hasBias: hasBias)
    #expect(try model.generations() == [12, 3])
    let newest = try #require(try model.newestGood())
    #expect(newest.number == 12 && newest.refused.isEmpty && newest.facts.rank == rank)
    for side in Side.allCases {
      let written = try Worked.factors(side, rank: rank, hasBias: hasBias)
      #expect(newest.factors[side].bits == written.bits)
      #expect(try model.readIds(side, of: newest.facts) == TinyRatings.idTable(side))
    }
  }

  @Test func `keeps the newest generations`() throws {
    for number in 1...4 { try Worked.writeGeneration(number, to: model, of: partition) }
    try model.prune(keep: 2, sparing: nil)
    #expect(try model.generations() == [4, 3])
    try model.clear()
    #expect(try model.generations() == [] && model.log.lines() == [])
  }

  @Test func `keeps a log`() throws {
    try model.log.append(#"{"event":"phase","iteration":1}"#)
    try model.log.append(#"{"event":"iteration","iteration":1}"#)
    #expect(try model.log.lines().count == 2)
    try model.log.rewrite([#"{"event":"phase","iteration":1}"#])
    #expect(try model.log.lines() == [#"{"event":"phase","iteration":1}"#])
    try model.log.append(#"{"event":"phase","iteration":2}"#)
    #expect(try model.log.lines().last == #"{"event":"phase","iteration":2}"#)
  }

  /// Flips a bit in a file of the model.
  func damage(_ name: String) throws {
    var bytes = try directory.read("m/\(name)")
    bytes[bytes.count - 2] ^= 1
    try PosixFileSystem().removeFile(directory.file("m/\(name)"))
    try directory.write(bytes, to: "m/\(name)")
  }

  @Test func `passes over a damaged generation, and sets it aside when it comes again`() throws {
    for number in 1...3 { try Worked.writeGeneration(number, to: model, of: partition) }
    try damage("generations/00000003/items-00001.safetensors")
    let fresh = try ModelDirectory.open(directory.file("m"), in: PosixFileSystem())
    let newest = try #require(try fresh.newestGood())
    #expect(newest.number == 2 && newest.refused.map(\.generation) == [3])
    #expect(newest.refused[0].failure.place.hasSuffix("00000003/items-00001.safetensors, offset 0"))
    // It is neither counted nor removed.
    try fresh.prune(keep: 2, sparing: nil)
    #expect(try fresh.generations() == [3, 2, 1])
    try Worked.writeGeneration(3, to: fresh, of: partition)
    #expect(try fresh.newestGood()?.number == 3)
    #expect(
      try PosixFileSystem().list(directory.file("m/generations")).contains("00000003.damaged"))
  }

  @Test func `never starts over by itself where all generations are damaged`() throws {
    try Worked.writeGeneration(1, to: model, of: partition)
    try damage("generations/00000001/manifest.json")
    let fresh = try ModelDirectory.open(directory.file("m"), in: PosixFileSystem())
    let failure = try #require(throws: Failure.self) { try fresh.newestGood() }
    #expect(failure.code == .data && failure.place.contains("00000001/manifest.json"))
  }

  @Test func `loses what dead runs have left`() throws {
    let disk = PosixFileSystem()
    try Worked.writeGeneration(1, to: model, of: partition)
    for name in ["00000002.tmp-0123456789abcdef", "00000001.del", "notes"] {
      try disk.makeDirectory(directory.file("m/generations/\(name)"), withParents: false)
      try directory.write("x", to: "m/generations/\(name)/file")
    }
    try model.prune(keep: 2, sparing: nil)
    #expect(try disk.list(directory.file("m/generations")) == ["00000001", "notes"])
  }

  @Test func `takes no other ids than it has, and no other directory`() throws {
    let other = directory.file("q")
    let writer = try PartitionWriter(other, in: PosixFileSystem())
    for side in Side.allCases {
      for block in Worked.blocks(side, Worked.grids()) { try writer.write(block) }
    }
    try writer.writeIds(IdTable(ids: ["a", "b", "c"], counts: [3, 3, 2]), side: .user)
    try writer.writeIds(TinyRatings.idTable(.item), side: .item)
    _ = try writer.commit(grids: Worked.grids(), valuesGiven: true, duplicates: "error")
    let failure = try #require(throws: Failure.self) {
      try model.copyIds(from: try Partition.open(other, in: PosixFileSystem()))
    }
    #expect(failure.code == .mismatch)
    let foreign = try #require(throws: Failure.self) {
      try ModelDirectory.openOrCreate(other, in: PosixFileSystem())
    }
    #expect(
      foreign.code == .output && foreign.message.hasPrefix("is neither a model nor empty: it has "))
    let missing = try #require(throws: Failure.self) {
      try ModelDirectory.open(other, in: PosixFileSystem())
    }
    #expect(missing.code == .missingInput)
  }

  @Test func `has one writer at a time`() throws {
    let lock = try model.lock()
    let failure = try #require(throws: Failure.self) { try model.lock() }
    #expect(failure.code == .output && failure.message.hasPrefix("is locked by process "))
    lock.release()
    try model.lock().release()
  }

  @Test func `heals its log: a torn end is cut off, a damaged log set aside`() throws {
    try model.log.append(#"{"event":"phase","iteration":1}"#)
    try model.log.append(#"{"event":"phase","iteration":2}"#)
    let whole = try directory.read("m/training.jsonl")
    for (bytes, isKept) in [
      (whole.dropLast(5), false), (whole.map { $0 == 0x32 ? 0x33 : $0 }[...], true),
    ] {
      let disk = PosixFileSystem()
      try disk.removeFile(directory.file("m/training.jsonl"))
      try directory.write(Array(bytes), to: "m/training.jsonl")
      let fresh = try ModelDirectory.open(directory.file("m"), in: disk)
      #expect(try fresh.log.lines() == [#"{"event":"phase","iteration":1}"#])
      try fresh.log.append(#"{"event":"phase","iteration":4}"#)
      #expect(try fresh.log.lines().count == 2)
      let aside = try disk.status(directory.file("m/training.jsonl.damaged"))
      #expect((aside != nil) == isKept)
    }
  }
}
