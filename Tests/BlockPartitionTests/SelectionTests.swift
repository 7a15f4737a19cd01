import BlockMatrix
import BlockPartition
import BlockStore
import RatingInput
import TestSupport
import Testing

struct SelectionTests {
  @Test func `minimum counts leave the largest set in which all have enough`() throws {
    let fixture = try Fixture()
    let lines = Fixture.lines(1500, users: 60, items: 60, repeats: false, seed: 21)
    var expected = lines
    while true {
      var users: [String: Int] = [:]
      var items: [String: Int] = [:]
      for line in expected {
        users[line.user, default: 0] += 1
        items[line.item, default: 0] += 1
      }
      let left = expected.filter {
        users[$0.user, default: 0] >= 16 && items[$0.item, default: 0] >= 10
      }
      if left.count == expected.count { break }
      expected = left
    }
    #expect(!expected.isEmpty && expected.count < lines.count - 50)
    let (_, summary) = try fixture.partition([try fixture.write(lines, to: "r.csv")], to: "p") {
      $0.minimumRatings = PerSide(user: 16, item: 10)
    }
    #expect(try fixture.lines(of: "p").user.ordered == expected.ordered)
    #expect(summary.droppedRatingCount == lines.count - expected.count)
  }

  @Test func `the hold-out is what the hash of seed and ids says`() throws {
    let fixture = try Fixture()
    let lines = Fixture.lines(5000, users: 300, items: 200, repeats: false, seed: 22)
    let rule = HoldoutShare(fraction: 0.2, seed: 77)
    let isHeldOut = { (line: Line) in
      rule.holdsOut(
        userHash: StableHash.hash(line.user.utf8), itemHash: StableHash.hash(line.item.utf8))
    }
    let (facts, _) = try fixture.partition([try fixture.write(lines, to: "r.csv")], to: "p") {
      $0.holdout = .share(rule)
    }
    let training = lines.filter { !isHeldOut($0) }
    #expect(try fixture.lines(of: "p").item.ordered == training.ordered)
    let users = Set(training.map(\.user))
    let items = Set(training.map(\.item))
    let known = lines.filter { isHeldOut($0) && users.contains($0.user) && items.contains($0.item) }
    let holdout = try #require(facts.holdout)
    #expect(holdout.ratingCount == known.count)
    #expect(holdout.unknownPairs == lines.count - training.count - known.count)
    #expect(abs(Double(lines.count - training.count) - 1000) < 150)

    let partition = try Partition.open(fixture.directory.file("p"), in: PosixFileSystem())
    let ids = PerSide(user: try partition.readIds(.user), item: try partition.readIds(.item))
    let stored = try partition.readHoldout()
    let found = (0..<stored.count).map { index in
      Line(
        user: String(decoding: ids.user[Int(stored.users[index])], as: UTF8.self),
        item: String(decoding: ids.item[Int(stored.items[index])], as: UTF8.self),
        value: stored.values[index])
    }
    #expect(found.ordered == known.ordered)
  }

  @Test func `duplicates fall on one side, and count as one unknown pair`() throws {
    let fixture = try Fixture()
    // Every pair has a user of its own: held out, none is known.
    let lines = (0..<100).flatMap { user in
      [1, 2].map { Line(user: "u\(user)", item: "i", value: $0) }
    }
    let (facts, _) = try fixture.partition([try fixture.write(lines, to: "r.csv")], to: "p") {
      $0.holdout = HoldoutRule(fraction: 0.5, seed: 1)
      $0.duplicates = .keep
    }
    let holdout = try #require(facts.holdout)
    #expect(holdout.ratingCount == 0)
    #expect(holdout.unknownPairs + facts.userCount == 100)
    #expect(facts.ratingCount == 2 * facts.userCount)
    #expect(facts.userCount > 25 && facts.userCount < 75)
  }

  @Test func `other seeds hold out other pairs`() throws {
    let fixture = try Fixture()
    let path = try fixture.write(
      Fixture.lines(1000, users: 50, items: 50, repeats: false, seed: 3), to: "r.csv")
    var digests: Set<String> = []
    for seed in 0..<4 {
      digests.insert(
        try fixture.partition([path], to: "p\(seed)") {
          $0.holdout = HoldoutRule(fraction: 0.1, seed: UInt64(seed))
        }.facts.digest)
    }
    #expect(digests.count == 4)
  }

  @Test func `nothing left for training is an error`() throws {
    let fixture = try Fixture()
    let path = try fixture.directory.write("a,b,1\n", to: "in.csv")
    let found = failure { () throws(Failure) in
      try fixture.partition([path], to: "p") { $0.minimumRatings.user = 2 }
    }
    #expect(
      found
        == Failure(
          .data, "no rating is left for training",
          hint: "lower --min-user-ratings or --min-item-ratings"))
    let all = failure { () throws(Failure) in
      try fixture.partition([path], to: "p") {
        $0.holdout = HoldoutRule(fraction: 0.999999, seed: 0)
      }
    }
    #expect(all?.hint == "lower --holdout, or change --seed")
  }

  @Test func `the hash is known for ever`() {
    #expect(StableHash.hash([]) == 14_087_677_454_934_409_008)
    #expect(StableHash.hash(Array("ann".utf8)) == 12_972_911_246_729_296_188)
  }
}
