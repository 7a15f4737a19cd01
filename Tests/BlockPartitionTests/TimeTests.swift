import BlockMatrix
import BlockPartition
import BlockStore
import RatingInput
import TestSupport
import Testing

/// A line with its time, in seconds.
private struct TimedLine {
  var line: Line
  var time: Int64

  var text: String { "\(line.user),\(line.item),\(line.value),\(time)" }
}

/// Ratings in time, many of them at one time.
private func timedLines(_ count: Int, repeats: Bool, seed: UInt64) -> [TimedLine] {
  var generator = Generator(state: seed)
  return Fixture.lines(count, users: 60, items: 50, repeats: repeats, seed: seed).map {
    TimedLine(line: $0, time: Int64.random(in: 1000...1100, using: &generator))
  }
}

extension Fixture {
  fileprivate func write(_ lines: [TimedLine], to name: String) throws(Failure) -> String {
    try directory.write(
      "user,item,rating,timestamp\n" + lines.map { $0.text + "\n" }.joined(), to: name)
  }

  fileprivate func holdout(of name: String) throws -> [Line] {
    let partition = try Partition.open(directory.file(name), in: PosixFileSystem())
    let ids = try partition.readIds()
    let stored = try partition.readHoldout()
    return (0..<stored.count).map { index in
      Line(
        user: String(decoding: ids.user[Int(stored.users[index])], as: UTF8.self),
        item: String(decoding: ids.item[Int(stored.items[index])], as: UTF8.self),
        value: stored.values[index])
    }
  }

  /// The names and bytes of a partition's files.
  fileprivate func files(of name: String) throws -> [String: [UInt8]] {
    let folder = directory.file(name)
    let fileSystem = PosixFileSystem()
    var files: [String: [UInt8]] = [:]
    for file in try fileSystem.list(folder) {
      let opened = try fileSystem.open("\(folder)/\(file)", streaming: false)
      files[file] = try opened.read(count: opened.byteCount, at: 0)
    }
    return files
  }
}

struct TimeTests {
  @Test(arguments: [1, 3]) func `the last of each user are what sorting by time and id says`(
    _ count: Int
  ) throws {
    let fixture = try Fixture()
    let lines = timedLines(1500, repeats: false, seed: 31)
    var expected: [Line] = []
    for (_, own) in Dictionary(grouping: lines, by: \.line.user).sorted(by: { $0.key < $1.key })
    where own.count > count {
      expected += own.sorted { ($0.time, $0.line.item) < ($1.time, $1.line.item) }
        .suffix(count).map(\.line)
    }
    let (facts, _) = try fixture.partition([try fixture.write(lines, to: "r.csv")], to: "p") {
      $0.source.times = TimeReading()
      $0.holdout = .last(count)
    }
    let holdout = try #require(facts.holdout)
    let found = try fixture.holdout(of: "p")
    #expect(holdout.last == count && holdout.unknownPairs == expected.count - found.count)
    #expect(Set(found.map(\.text)).isSubset(of: expected.map(\.text)))
    let training = try fixture.lines(of: "p").user
    #expect(training.count == lines.count - expected.count)
    #expect(Set(training.map(\.text)).isDisjoint(with: expected.map(\.text)))
    // Users with no more than that keep all.
    #expect(Set(training.map(\.user)) == Set(lines.map(\.line.user)))
  }

  @Test func `what is held out from a time on are the pairs with a rating of then or later`() throws
  {
    let fixture = try Fixture()
    let lines = timedLines(4000, repeats: true, seed: 32)
    for policy in [DuplicatePolicy.last, .sum, .keep] {
      let name = policy.rawValue
      let (facts, _) = try fixture.partition(
        [try fixture.write(lines, to: "\(name).csv")], to: name
      ) {
        $0.source.times = TimeReading()
        $0.duplicates = policy
        $0.holdout = .from(1_080_000)
      }
      var latest: [String: Int64] = [:]
      for line in lines { latest[line.line.pair] = max(latest[line.line.pair] ?? 0, line.time) }
      let training = Set(try fixture.lines(of: name).item.map(\.pair))
      #expect(training == Set(latest.filter { $0.value < 1080 }.keys))
      let held = Set(try fixture.holdout(of: name).map(\.pair))
      #expect(held.isSubset(of: latest.filter { $0.value >= 1080 }.keys))
      #expect(facts.holdout?.from == 1_080_000 && facts.times?.newest == 1_100_000)
    }
  }

  @Test func `neither workers, memory nor the order of lines change a byte`() throws {
    let fixture = try Fixture()
    var lines = timedLines(20_000, repeats: true, seed: 33)
    // Of one pair and one time, there is one value: then no policy depends on the order.
    for index in lines.indices {
      let line = lines[index].line
      let number = StableHash.hash(Array("\(line.pair) \(lines[index].time)".utf8)) % 9
      lines[index].line.value = Float(number) / 2
    }
    let rules: [HoldoutRule] = [.last(2), .from(1_085_000)]
    for (number, rule) in rules.enumerated() {
      for policy in [DuplicatePolicy.last, .sum, .mean, .keep] {
        let prefix = "\(number) \(policy)"
        func partition(_ path: String, to name: String, memory: Int?, workers: Int) throws -> Bool {
          try fixture.partition([path], to: name) {
            $0.source.times = TimeReading()
            $0.duplicates = policy
            $0.holdout = rule
            $0.halfLife = HalfLife(milliseconds: 7000)
            $0.minimumRatings = PerSide(user: 20, item: 30)
            $0.blockCounts = PerSide(user: 8, item: 8)
            $0.memory = memory
            $0.workers = workers
          }.summary.spilledByteCount > 200_000
        }
        let path = try fixture.write(lines, to: "\(prefix).csv")
        _ = try partition(path, to: prefix, memory: nil, workers: 1)
        let expected = try fixture.files(of: prefix)
        var generator = Generator(state: 4)
        lines.shuffle(using: &generator)
        let other = try fixture.write(lines, to: "\(prefix) other.csv")
        let hasSpilled = try partition(other, to: "\(prefix) b", memory: 1_000_000, workers: 3)
        #expect(hasSpilled)
        #expect(try fixture.files(of: "\(prefix) b") == expected, "\(prefix)")
      }
    }
  }

  @Test func `of two ratings of a pair, the later in time counts, and of one time the later line`()
    throws
  {
    let fixture = try Fixture()
    let text = "a,b,1,9\na,b,2,5\na,c,3,5\na,c,4,5\na,d,1,1\n"
    let path = try fixture.directory.write(text, to: "r.csv")
    try fixture.partition([path], to: "p") {
      $0.source.times = TimeReading()
      $0.duplicates = .last
    }
    #expect(try fixture.lines(of: "p").user.ordered.map(\.value) == [1, 4, 1])
    try fixture.partition([path], to: "q") { $0.duplicates = .last }
    #expect(try fixture.lines(of: "q").user.ordered.map(\.value) == [2, 4, 1])
  }

  @Test func `a rating's weight halves with each half-life, exactly, and in between as a power`()
    throws
  {
    let fixture = try Fixture()
    let text = "a,b,3,1000\na,c,3,990\na,d,3,980\na,e,-3,995\na,f,3,-999999\n"
    let path = try fixture.directory.write(text, to: "r.csv")
    let (facts, _) = try fixture.partition([path], to: "p") {
      $0.source.times = TimeReading()
      $0.halfLife = HalfLife(milliseconds: 10_000)
    }
    let values = try fixture.lines(of: "p").user.ordered.map(\.value)
    #expect(values == [3, 1.5, 0.75, -2.1213203, 0])
    #expect(values[4].sign == .plus && facts.times?.halfLife == 10_000)
  }

  @Test func `a rule that holds nothing out is refused`() throws {
    let fixture = try Fixture()
    let path = try fixture.directory.write("a,b,1,1000\na,c,1,2000\n", to: "r.csv")
    func refusal(_ rule: HoldoutRule) -> Failure? {
      failure { () throws(Failure) in
        try fixture.partition([path], to: "p") {
          $0.source.times = TimeReading()
          $0.holdout = rule
        }
      }
    }
    #expect(refusal(.last(2))?.message == "no rating is held out: no user has more than 2")
    #expect(refusal(.from(3_000_000))?.hint == "the newest is of 1970-01-01T00:33:20Z")
    #expect(refusal(.from(0))?.message == "no rating is left for training")
    #expect(refusal(.last(0))?.message == "0 is not 1 or more")
    let outside = failure { () throws(Failure) in
      try fixture.partition([path], to: "p") { $0.source.times = TimeReading(since: 9_000_000) }
    }
    #expect(outside?.hint == "2 are outside --since and --until")
    #expect(try PosixFileSystem().list(fixture.directory.path) == ["r.csv"])
  }

  @Test func `an existing partition by another rule is refused before anything is read`() throws {
    let fixture = try Fixture()
    let path = try fixture.write(timedLines(500, repeats: false, seed: 34), to: "r.csv")
    func partition(_ rule: HoldoutRule?, halfLife: Int64?) throws(Failure) -> PartitionSummary {
      try fixture.partition([path], to: "p") {
        $0.source.times = TimeReading()
        $0.holdout = rule
        $0.halfLife = halfLife.map { HalfLife(milliseconds: $0) }
      }.summary
    }
    _ = try partition(.last(1), halfLife: nil)
    #expect(try partition(.last(1), halfLife: nil).wasThere)
    let other = failure { () throws(Failure) in _ = try partition(.last(2), halfLife: nil) }
    #expect(other?.code == .output && other?.message.contains("--holdout") == true)
    let decayed = failure { () throws(Failure) in _ = try partition(.last(1), halfLife: 1) }
    #expect(decayed?.message.contains("--half-life") == true)
  }
}

extension Line {
  fileprivate var pair: String { "\(user),\(item)" }
  fileprivate var text: String { "\(pair),\(value)" }
}
