import BlockMatrix
import BlockPartition
import BlockStore
import RatingInput
import TestSupport
import Testing

struct PartitionerTests {
  @Test func `the worked matrix becomes the partition that is drawn`() throws {
    let fixture = try Fixture()
    let path = try fixture.directory.write(TinyRatings.csv, to: "tiny.csv")
    let (facts, summary) = try fixture.partition([path], to: "tiny")
    let partition = try Partition.open(fixture.directory.file("tiny"), in: PosixFileSystem())
    for side in Side.allCases {
      #expect(try partition.readIds(side) == TinyRatings.idTable(side))
      #expect(try partition.readBlock(0, of: side) == TinyRatings.matrix.blocks(side)[0])
    }
    #expect(facts.ratingCount == 8 && facts.lowestValue == 1 && facts.highestValue == 5)
    #expect(summary.rowCount == 8 && summary.headerCount == 1)
  }

  @Test func `both orientations hold the input's ratings, in the order of indices`() throws {
    let fixture = try Fixture()
    let lines = Fixture.lines(3000, users: 90, items: 70, repeats: false, seed: 1)
    try fixture.partition([try fixture.write(lines, to: "r.csv")], to: "p") {
      $0.blockCounts = PerSide(user: 4, item: 3)
    }
    let found = try fixture.lines(of: "p")
    #expect(found.user.ordered == lines.ordered)
    #expect(found.item.ordered == lines.ordered)
    let partition = try Partition.open(fixture.directory.file("p"), in: PosixFileSystem())
    for side in Side.allCases {
      let ids = try partition.readIds(side)
      for index in 1..<ids.count {
        let isBefore =
          ids.counts[index - 1] > ids.counts[index]
          || (ids.counts[index - 1] == ids.counts[index]
            && ids[index - 1].lexicographicallyPrecedes(ids[index]))
        #expect(isBefore, "\(side) \(index)")
      }
    }
  }

  @Test func `neither workers, blocks, memory nor the order of lines change the digest`() throws {
    let fixture = try Fixture()
    var lines = Fixture.lines(20_000, users: 500, items: 300, repeats: false, seed: 2)
    let path = try fixture.write(lines, to: "r.csv")
    let holdout = HoldoutRule(fraction: 0.1, seed: 3)
    let expected = try fixture.partition([path], to: "expected") {
      $0.holdout = holdout
      $0.workers = 1
    }.facts
    var number = 0
    for workers in [1, 2, 3, 8, 16] {
      for blocks in [1, 2, 7, 32] {
        number += 1
        let facts = try fixture.partition([path], to: "p\(number)") {
          $0.holdout = holdout
          $0.workers = workers
          $0.blockCounts = PerSide(user: blocks, item: 33 - blocks)
        }.facts
        #expect(facts.digest == expected.digest)
        #expect(facts.grids.user.blockCount == blocks)
      }
    }
    var generator = Generator(state: 9)
    for round in 0..<3 {
      lines.shuffle(using: &generator)
      let half = lines.count / 3
      let parts = [
        try fixture.write(Array(lines[..<half]), to: "a\(round).csv"),
        try fixture.write(Array(lines[half...]), to: "b\(round).csv"),
      ]
      let facts = try fixture.partition(parts, to: "q\(round)") { $0.holdout = holdout }.facts
      #expect(facts.digest == expected.digest)
    }
  }

  @Test func `with far less memory than ratings, spill files give the same partition`() throws {
    let fixture = try Fixture()
    let lines = Fixture.lines(60_000, users: 400, items: 300, repeats: true, seed: 4)
    let path = try fixture.write(lines, to: "r.csv")
    for policy in [DuplicatePolicy.last, .sum, .mean, .keep] {
      let expected = try fixture.partition([path], to: "\(policy)") {
        $0.duplicates = policy
        $0.minimumRatings = PerSide(user: 20, item: 30)
      }
      #expect(expected.summary.spilledByteCount == 0)
      for workers in [1, 3] {
        // 60,000 ratings take 720,000 bytes.
        let small = try fixture.partition([path], to: "\(policy) \(workers)") {
          $0.duplicates = policy
          $0.minimumRatings = PerSide(user: 20, item: 30)
          $0.memory = 300_000
          $0.workers = workers
        }
        #expect(small.facts.digest == expected.facts.digest)
        #expect(small.summary.spilledByteCount > 1_000_000)
        #expect(small.summary.mergedRowCount == expected.summary.mergedRowCount)
      }
    }
    let names = try PosixFileSystem().list(fixture.directory.path)
    #expect(!names.contains { $0.contains("tmp") || $0.contains("lock") })
  }

  @Test func `values by the hundred are kept as they are`() throws {
    let fixture = try Fixture()
    let lines = (0..<600).map { Line(user: "u\($0 % 20)", item: "i\($0)", value: Float($0) / 7) }
    try fixture.partition([try fixture.write(lines, to: "r.csv")], to: "p")
    let partition = try Partition.open(fixture.directory.file("p"), in: PosixFileSystem())
    guard case .plain = try partition.readBlock(0, of: .user).values else {
      Issue.record("600 values in a dictionary of 256")
      return
    }
    #expect(try fixture.lines(of: "p").user.ordered == lines.ordered)
  }

  @Test func `exactly 256 values still have a dictionary`() throws {
    for count in [256, 257] {
      let rows = (0..<count).map { RatingRow(user: 0, item: UInt32($0), value: Float(count - $0)) }
      switch BlockBuilder.values(rows) {
      case .coded(let codes, let dictionary):
        #expect(count == 256)
        #expect(dictionary == (1...256).map(Float.init))
        #expect(codes.map { dictionary[Int($0)] } == rows.map(\.value))
      case .plain(let values):
        #expect(count == 257)
        #expect(values == rows.map(\.value))
      }
    }
  }

  @Test(.enabled(if: RealData.path != nil, "BLOCKALS_DATA is not set"))
  func `MovieLens 100K has its published counts`() throws {
    let folder = try #require(RealData.path)
    let fixture = try Fixture()
    let (facts, _) = try fixture.partition(["\(folder)/ml-100k/u.data"], to: "p")
    #expect((facts.ratingCount, facts.userCount, facts.itemCount) == (100_000, 943, 1682))
    #expect((facts.lowestValue, facts.highestValue) == (1, 5))
  }
}
