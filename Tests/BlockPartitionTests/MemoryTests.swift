import BlockMatrix
import BlockPartition
import BlockStore
import RatingInput
import TestSupport
import Testing

struct MemoryTests {
  /// A text, and settings that do not let it fit.
  struct Refusal: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let reason: String
    let lines: [Line]
    let settings: @Sendable (inout PartitionSettings) -> Void

    init(
      _ name: String, for reason: String, _ lines: [Line],
      _ settings: @escaping @Sendable (inout PartitionSettings) -> Void
    ) {
      testDescription = name
      self.reason = reason
      self.lines = lines
      self.settings = settings
    }
  }

  static let refusals = [
    Refusal("many users", for: "the ids take", numbered(90_000, users: 90_000, items: 70)) {
      $0.memory = 2 << 20
      $0.workers = 8
    },
    Refusal("many items", for: "the ids take", numbered(90_000, users: 70, items: 90_000)) {
      $0.memory = 2 << 20
    },
    Refusal("long ids", for: "the ids take", longIds()) { $0.memory = 1 << 20 },
    Refusal("a long row", for: "one item has 60000", numbered(60_000, users: 60_000, items: 1)) {
      $0.memory = 10 << 20
      $0.workers = 1
    },
    Refusal("a hold-out", for: "the hold-out can have 54", numbered(60_000, users: 300, items: 200))
    {
      $0.memory = 1 << 20
      $0.holdout = HoldoutRule(fraction: 0.9, seed: 1)
    },
    Refusal("few blocks", for: "with --item-blocks 2", numbered(60_000, users: 300, items: 200)) {
      $0.memory = 2 << 20
      $0.blockCounts.item = 2
    },
    Refusal("a small text", for: "the ids take 828", numbered(35, users: 5, items: 7)) {
      $0.memory = 1000
    },
  ]

  private static func numbered(_ count: Int, users: Int, items: Int) -> [Line] {
    (0..<count).map {
      Line(user: "u\($0 % users)", item: "i\(($0 / users + $0) % items)", value: 1)
    }
  }

  /// A few ids are a hundred times as long as the others.
  private static func longIds() -> [Line] {
    (0..<50_000).map { number in
      let isLong = number % 1000 == 7
      return Line(
        user: String(repeating: "u", count: isLong ? 2000 : 9) + "\(number)", item: "i", value: 1)
    }
  }

  @Test(arguments: refusals)
  func `the memory that a refusal names is enough, and not much less is`(
    _ refusal: Refusal
  ) throws {
    let fixture = try Fixture()
    let path = try fixture.write(refusal.lines, to: "r.csv")
    let found = try #require(
      failure { () throws(Failure) in
        try fixture.partition([path], to: "p", refusal.settings)
      })
    #expect(found.code == .memory && found.place == "memory" && found.isSetting)
    #expect(found.message.contains("bytes are too few: \(refusal.reason)"), "\(found.message)")
    let named = try #require(found.hint.firstMatch(of: /give at least --memory (\d+)M$/))
    let mebibytes = try #require(Int(named.1))
    #expect(try PosixFileSystem().list(fixture.directory.path) == ["r.csv"])

    let again = failure { () throws(Failure) in
      try fixture.partition([path], to: "p") {
        refusal.settings(&$0)
        $0.memory = max(1, mebibytes * 7 / 8 << 20 - 1)
      }
    }
    #expect(again?.code == .memory)
    try fixture.partition([path], to: "p") {
      refusal.settings(&$0)
      $0.memory = mebibytes << 20
    }
    var free = PartitionSettings()
    refusal.settings(&free)
    try fixture.partition([path], to: "free") { $0.holdout = free.holdout }
    let digests = try ["p", "free"].map {
      try Partition.open(fixture.directory.file($0), in: PosixFileSystem()).facts.digest
    }
    #expect(digests[0] == digests[1])
  }

  @Test func `how many blocks there are depends on the memory, and not on the workers`() throws {
    let fixture = try Fixture()
    let lines = Fixture.lines(60_000, users: 2000, items: 1000, repeats: false, seed: 5)
    let path = try fixture.write(lines, to: "r.csv")
    var grids: [PerSide<BlockGrid>] = []
    for memory in stride(from: 700_000, through: 2_000_000, by: 100_000) {
      for workers in [1, 2, 8] {
        let facts = try fixture.partition([path], to: "\(memory) \(workers)") {
          $0.memory = memory
          $0.workers = workers
        }.facts
        if workers == 1 { grids.append(facts.grids) }
        #expect(facts.grids == grids.last, "\(memory) bytes, \(workers) workers")
      }
    }
    #expect(Set(grids.map(\.user.blockCount)).count > 1)
  }
}
