import BlockMatrix
import BlockStore
import TestSupport
import Testing
import Workers

@Suite struct `Factors in files` {
  private let disk = PosixFileSystem()

  /// A model of 50 users in 3 blocks and 40 items, of so high a rank that a piece has 16 rows.
  private func make(hasBias: Bool) throws -> (StoredModel, PerSide<FactorTable>) {
    let matrix = RatingMatrix.random(userCount: 50, itemCount: 40, ratingCount: 500, seed: 1)
    let factors = PerSide(
      user: try FactorTable.random(
        rowCount: matrix.userCount, rank: 4096, hasBias: hasBias, seed: 2),
      item: try FactorTable.random(
        rowCount: matrix.itemCount, rank: 4096, hasBias: hasBias, seed: 3))
    let ids = PerSide(user: matrix.idTable(.user), item: matrix.idTable(.item))
    return (try StoredModel(matrix, ids: ids, factors: factors, userBlocks: 3), factors)
  }

  private func rows(_ stored: StoredModel) throws -> PerSide<FactorRows> {
    try ModelDirectory.open(stored.model, in: disk).open(generation: 1).checkedRows(workers: 2)
  }

  @Test(arguments: [false, true], [1, 3])
  func `are the rows that were written, in any order and number`(
    hasBias: Bool, workers: Int
  ) throws {
    let (stored, factors) = try make(hasBias: hasBias)
    let rows = try rows(stored)
    for side in Side.allCases {
      let (all, bits) = (rows[side], factors[side].bits)
      #expect(all.count == bits.count && all.rank == 4096 && all.hasBias == hasBias)
      #expect(try all.table(workers: workers).bits == bits)
      #expect(try all.ranges.flatMap { try all.table(of: $0).bits } == bits)
      let count = UInt32(all.count)
      for wanted in [[], [0], [count - 1, 0, 17, 17, 16, 15], Array((0..<count).reversed())] {
        let expected = wanted.map { bits[Int($0)] }
        #expect(try all.table(of: wanted, workers: workers).bits == expected)
        #expect(try FactorRows.held(factors[side]).table(of: wanted).bits == expected)
      }
    }
    #expect(try Digest.factors(rows) == Digest.factors(factors))
  }

  @Test(arguments: [false, true])
  func `are believed only as they were when they were found whole`(hasBias: Bool) throws {
    let (stored, factors) = try make(hasBias: hasBias)
    let name = "model/generations/00000001/items-00000.safetensors"
    let whole = try stored.folder.read(name)
    let header = whole.count - factors.item.rowCount * factors.item.width * 4
    // A row of the second piece, and the last bias or the last row.
    for position in [header + 20 * 4096 * 4, whole.count - 1] {
      try stored.folder.replace(name, with: whole)
      let rows = try rows(stored).item
      // In place, as a disk that fails would: who has the file open sees it.
      var changed = whole
      changed[position] ^= 1
      try Overwrite.file(stored.folder.file(name), with: changed)
      #expect(try rows.table(of: [0, 1]).bits == Array(factors.item.bits[0..<2]))
      let failure = #expect(throws: Failure.self) { try rows.table() }
      #expect(failure?.code == .data)
      #expect(failure?.message == "has changed since it was found whole")
    }
  }

  @Test func `can be read to the end when their generation has been removed`() throws {
    let (stored, factors) = try make(hasBias: true)
    let rows = try rows(stored)
    try disk.removeTree(stored.folder.file("model/generations/00000001"))
    for side in Side.allCases { #expect(try rows[side].table().bits == factors[side].bits) }
  }
}

@Suite struct `Verifying a model` {
  private let disk = UnflushedFileSystem()
  private let stored: StoredModel

  init() throws {
    stored = try StoredModel.tiny()
    let model = try ModelDirectory.open(stored.model, in: disk)
    try model.log.append(#"{"event":"iteration","iteration":1,"objective":100}"#)
    try commit(2)
  }

  /// Goes on by an iteration: the log, then the generation.
  private func commit(_ number: Int, logging objective: Int? = nil) throws {
    let model = try ModelDirectory.open(stored.model, in: disk)
    try model.log.append(line(number, objective ?? 101 - number))
    try model.log.flush()
    try stored.commit(number, TinyRatings.factors())
  }

  private func line(_ number: Int, _ objective: Int) -> String {
    #"{"event":"iteration","iteration":\#(number),"objective":\#(objective),"rmse":null}"#
  }

  private func verify(in fileSystem: any FileSystem = PosixFileSystem()) throws -> Verification {
    try Verification.run(stored.model, in: fileSystem, workers: 1)
  }

  @Test func `finds a log of another training`() throws {
    #expect(try verify().failures == [])
    try commit(3, logging: 7)
    let failures = try verify().failures
    #expect(failures.map(\.place) == ["\(stored.model)/training.jsonl, line 3"])
    #expect(failures.map(\.message) == ["iteration 3 has objective 7.0, generation 3 has 98.0"])
  }

  @Test func `takes a log whose lines say less, and one that is ahead`() throws {
    let model = try ModelDirectory.open(stored.model, in: disk)
    try model.log.append(#"{"event":"iteration","iteration":3}"#)
    for number in [Int.min, 0, Int.max] { try model.log.append(line(number, 5)) }
    try model.log.append(line(4, 5))
    try model.log.flush()
    #expect(try verify().failures == [])
  }

  @Test func `reports what cannot be read as that, and a whole model as whole`() throws {
    let whole = try verify()
    for code in [Failure.Code.io, .permission] {
      for number in 1...1000 {
        var fault = FaultyFileSystem.Fault(at: number)
        fault.failure = Failure(code, at: "disk", "injected fault")
        let faulty = FaultyFileSystem(disk, fault)
        do throws(Failure) {
          let found = try Verification.run(stored.model, in: faulty, workers: 1)
          #expect(found == whole || found.failures.allSatisfy { $0.code == code }, "\(number)")
        } catch { #expect(error.code == code, "\(number)") }
        guard faulty.hasFired else { break }
      }
    }
  }

  /// Half a line of the log, as a reader may see one that is being written.
  private func tear() throws -> [UInt8] {
    let whole = try stored.folder.read("model/training.jsonl")
    let model = try ModelDirectory.open(stored.model, in: disk)
    try model.log.append(line(3, 98))
    try model.log.flush()
    let longer = try stored.folder.read("model/training.jsonl")
    try Overwrite.file(stored.folder.file("model/training.jsonl"), with: Array(longer.dropLast(9)))
    #expect(longer.count > whole.count + 9)
    return longer
  }

  @Test func `finds a model whole while it is trained, whatever comes between`() throws {
    for number in 1...1000 {
      let other = try `Verifying a model`()
      let problem = Locked<String?>(nil)
      let longer = Locked<[UInt8]>([])
      let meddling = MeddlingFileSystem { operation in
        do {
          if operation == number {
            let bytes = try other.tear()
            longer.withLock { $0 = bytes }
          } else if operation == number + 1 {
            let log = other.stored.folder.file("model/training.jsonl")
            try Overwrite.file(log, with: longer.withLock { $0 })
            try other.stored.commit(3, TinyRatings.factors())
            try other.commit(4)
            try other.commit(5)
            let model = try ModelDirectory.open(other.stored.model, in: UnflushedFileSystem())
            try model.prune(keep: 2, sparing: nil)
          }
        } catch { problem.withLock { $0 = "\(error)" } }
      }
      let found = try other.verify(in: meddling)
      #expect(found.failures == [] && found.digest != nil, "after operation \(number)")
      #expect(problem.withLock { $0 } == nil)
      guard meddling.operationCount > number else { return }
    }
    Issue.record("the sweep has no end")
  }

  @Test func `never takes a model for damaged that another takes the place of`() throws {
    for number in 1...1000 {
      let other = try `Verifying a model`()
      let problem = Locked<Failure?>(nil)
      let meddling = MeddlingFileSystem { operation in
        guard operation == number else { return }
        do throws(Failure) {
          let model = try ModelDirectory.open(other.stored.model, in: UnflushedFileSystem())
          try model.clear()
          try model.copyIds(from: .open(other.stored.partition, in: UnflushedFileSystem()))
          try model.log.append(#"{"event":"iteration","iteration":1,"objective":100}"#)
          try model.log.flush()
          try other.stored.commit(1, TinyRatings.factors())
        } catch { problem.withLock { $0 = error } }
      }
      #expect(try other.verify(in: meddling).failures == [], "after operation \(number)")
      #expect(problem.withLock { $0 } == nil)
      guard meddling.operationCount >= number else { return }
    }
    Issue.record("the sweep has no end")
  }
}

/// Writes over a file that is there, which no part of the project does.
private enum Overwrite {
  static func file(_ path: String, with bytes: [UInt8]) throws(Failure) {
    let disk = PosixFileSystem()
    try disk.truncate(path, to: 0)
    let file = try disk.append(to: path)
    try file.write(bytes)
    try file.close()
  }
}
