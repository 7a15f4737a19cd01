import BlockMatrix
import BlockStore
import TestSupport
import Testing

/// What a fault, a death or a power cut at every single operation leaves on the disk.
@Suite struct `After a fault at any operation` {
  let disk = PosixFileSystem()

  /// Fails once or for ever, with or without effect.
  static let faults: [FaultyFileSystem.Fault] = [
    .init(), .init(hasEffect: true), .init(isLasting: true),
    .init(isLasting: true, hasEffect: true),
  ]

  /// Runs `body` with the fault at operation 1, 2, 3 … until none fires any more.
  func sweep(
    _ fault: FaultyFileSystem.Fault, _ body: (FaultyFileSystem) throws -> Void
  ) throws -> Int {
    for number in 1...10_000 {
      var fault = fault
      fault.at = number
      let faulty = FaultyFileSystem(disk, fault)
      try body(faulty)
      if !faulty.hasFired { return number - 1 }
    }
    Issue.record("the sweep has no end")
    return 0
  }

  /// A partition that is there has to be whole.
  func requirePartitionWholeOrAbsent(_ path: String) throws {
    guard try disk.status(path) != nil else { return }
    let verification = try Verification.run(path, in: disk, workers: 1)
    #expect(verification.failures == [])
  }

  @Test(arguments: faults)
  func `a partition is there whole or not at all`(fault: FaultyFileSystem.Fault) throws {
    let points = try sweep(fault) { faulty in
      let directory = try TemporaryDirectory()
      let path = directory.file("p")
      var failure: Failure?
      do throws(Failure) {
        try Worked.writePartition(path, holdout: Worked.holdout, in: faulty)
      } catch { failure = error }
      try requirePartitionWholeOrAbsent(path)
      if failure == nil {
        #expect(try disk.status(path) != nil)
      } else if try disk.status(path) == nil {
        // The next run needs no help, and removes what is left.
        try Worked.writePartition(path, in: disk)
        #expect(try disk.list(directory.path) == ["p"])
      }
    }
    #expect(points > 30)
  }

  @Test func `a partition that fails once is removed at once`() throws {
    _ = try sweep(.init()) { faulty in
      let directory = try TemporaryDirectory()
      do throws(Failure) {
        try Worked.writePartition(directory.file("p"), in: faulty)
      } catch {
        let left = try disk.list(directory.path)
        #expect(left == [] || left == ["p"], "\(faulty.operations[faulty.fault.at - 1])")
      }
    }
  }

  @Test func `a partition that fails once takes the directories made for it along`() throws {
    let points = try sweep(.init()) { faulty in
      let directory = try TemporaryDirectory()
      do throws(Failure) {
        try Worked.writePartition(directory.file("new/parent/p"), in: faulty)
      } catch {
        let isThere = try disk.status(directory.file("new/parent/p")) != nil
        let left = try disk.list(directory.path)
        #expect(left == [] || isThere, "\(faulty.operations[faulty.fault.at - 1])")
      }
    }
    #expect(points > 30)
  }

  @Test func `directories that are in use, or were there before, stay`() throws {
    let directory = try TemporaryDirectory()
    try disk.makeDirectory(directory.file("old"), withParents: false)
    let writer = try PartitionWriter(directory.file("old/new/parent/p"), in: disk)
    try directory.write([1], to: "old/new/neighbour")
    writer.abandon()
    #expect(try disk.list(directory.file("old/new")) == ["neighbour"])
    try PartitionWriter(directory.file("old/q"), in: disk).abandon()
    try disk.removeTree(directory.file("old/new"))
    try PartitionWriter(directory.file("old/new/p"), in: disk).abandon()
    #expect(try disk.list(directory.path) == ["old"])
    #expect(try disk.list(directory.file("old")) == [])
  }

  @Test(arguments: [true, false])
  func `a power cut leaves a partition whole or not at all`(keepingEntries: Bool) throws {
    _ = try sweep(.init(isLasting: true)) { faulty in
      let directory = try TemporaryDirectory()
      let path = directory.file("p")
      var isCommitted = true
      do throws(Failure) { try Worked.writePartition(path, in: faulty) } catch {
        isCommitted = false
      }
      try faulty.cutPower(keepingEntries: keepingEntries)
      try requirePartitionWholeOrAbsent(path)
      if isCommitted { #expect(try disk.status(path) != nil) }
    }
  }

  /// A model with one generation, and the partition it is trained on.
  func makeModel(_ directory: TemporaryDirectory) throws -> Partition {
    try Worked.writePartition(directory.file("p"))
    let partition = try Partition.open(directory.file("p"), in: disk)
    let model = try ModelDirectory.openOrCreate(directory.file("m"), in: disk)
    try model.copyIds(from: partition)
    try Worked.writeGeneration(1, to: model, of: partition)
    return partition
  }

  /// Opens the model, commits generation 2 and prunes to one, as training does.
  func advance(_ path: String, _ partition: Partition, in fileSystem: any FileSystem) throws {
    let model = try ModelDirectory.openOrCreate(path, in: fileSystem)
    let lock = try model.lock()
    defer { lock.release() }
    try model.copyIds(from: partition)
    try Worked.writeGeneration(2, to: model, of: partition)
    try model.log.append(#"{"event":"iteration","iteration":2}"#)
    try model.prune(keep: 1, sparing: nil)
  }

  @Test(arguments: faults)
  func `a model has a whole generation, and goes on`(fault: FaultyFileSystem.Fault) throws {
    let points = try sweep(fault) { faulty in
      let directory = try TemporaryDirectory()
      let partition = try makeModel(directory)
      do { try advance(directory.file("m"), partition, in: faulty) } catch is Failure {}
      let model = try ModelDirectory.open(directory.file("m"), in: disk)
      let newest = try #require(try model.newestGood())
      #expect(newest.refused.isEmpty)
      #expect(newest.number == 1 || newest.number == 2)
      try advance(directory.file("m"), partition, in: disk)
      #expect(
        try disk.list(directory.file("m/generations")).filter { $0 != "00000002.damaged" }
          == ["00000002"])
      let verification = try Verification.run(directory.file("m"), in: disk, workers: 1)
      #expect(verification.failures == [])
    }
    #expect(points > 50)
  }

  @Test(arguments: [true, false])
  func `a power cut never costs a committed generation`(keepingEntries: Bool) throws {
    _ = try sweep(.init(isLasting: true)) { faulty in
      let directory = try TemporaryDirectory()
      let partition = try makeModel(directory)
      var isCommitted = true
      do { try advance(directory.file("m"), partition, in: faulty) } catch is Failure {
        isCommitted = false
      }
      try faulty.cutPower(keepingEntries: keepingEntries)
      let model = try ModelDirectory.open(directory.file("m"), in: disk)
      let newest = try #require(try model.newestGood())
      if isCommitted { #expect(newest.number == 2) }
    }
  }

  @Test func `a failed flush is never repeated on the same file`() throws {
    _ = try sweep(.init()) { faulty in
      let directory = try TemporaryDirectory()
      do throws(Failure) { try Worked.writePartition(directory.file("p"), in: faulty) } catch {}
      let flushes = faulty.operations.filter { $0.hasPrefix("commit ") }
      #expect(Set(flushes).count == flushes.count)
    }
  }
}
