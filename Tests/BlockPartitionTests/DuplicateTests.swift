import BlockMatrix
import BlockPartition
import BlockStore
import RatingInput
import TestSupport
import Testing

struct DuplicateTests {
  /// What a policy makes of lines, worked out pair by pair.
  private func reference(_ lines: [Line], _ policy: DuplicatePolicy) -> [Line] {
    var pairs: [String: [Line]] = [:]
    for line in lines { pairs["\(line.user),\(line.item)", default: []].append(line) }
    return pairs.values.flatMap { same -> [Line] in
      var line = same[0]
      let sum = same.map(\.value).sorted().reduce(0.0) { $0 + Double($1) }
      switch policy {
      case .error, .keep: return same
      case .last: return [same[same.count - 1]]
      case .sum: line.value = Float(sum)
      case .mean: line.value = Float(sum / Double(same.count))
      }
      return [line]
    }
  }

  @Test(arguments: [DuplicatePolicy.last, .sum, .mean, .keep])
  func `each policy does what it says`(_ policy: DuplicatePolicy) throws {
    let fixture = try Fixture()
    let lines = Fixture.lines(4000, users: 60, items: 50, repeats: true, seed: 11)
    let half = lines.count / 2
    let paths = [
      try fixture.write(Array(lines[..<half]), to: "a.csv"),
      try fixture.write(Array(lines[half...]), to: "b.csv"),
    ]
    let expected = reference(lines, policy).ordered
    for workers in [1, 3] {
      let (facts, summary) = try fixture.partition(paths, to: "p\(workers)") {
        $0.duplicates = policy
        $0.workers = workers
      }
      let found = try fixture.lines(of: "p\(workers)")
      #expect(found.user.ordered == expected)
      #expect(found.item.ordered == expected)
      #expect(summary.mergedRowCount == 4000 - expected.count)
      #expect(facts.duplicates == policy.rawValue)
    }
  }

  @Test(arguments: [DuplicatePolicy.sum, .mean, .keep])
  func `only the last rating depends on the order of lines`(_ policy: DuplicatePolicy) throws {
    let fixture = try Fixture()
    // Sums of these in Float, or in the order of lines, would differ.
    let values: [Float] = [1e8, 1, -1e8, 1e-3, 3.3, 1e7, 0.1]
    let lines = values.map { Line(user: "u", item: "i", value: $0) }
    var digests: Set<String> = []
    for turn in 0..<values.count {
      let turned = Array(lines[turn...] + lines[..<turn])
      let path = try fixture.write(turned, to: "\(turn).csv")
      digests.insert(
        try fixture.partition([path], to: "p\(turn)") { $0.duplicates = policy }.facts.digest)
    }
    #expect(digests.count == 1)
  }

  @Test func `a repeated pair is refused with both its places`() throws {
    let fixture = try Fixture()
    let first = try fixture.directory.write(
      "\nann,Alien,5\nbob,\"a\nb\",1\nbob,Dune,1\n", to: "1.csv")
    let second = try fixture.directory.write(
      "user,item,rating\nzoe,Dune,1\nbob,Dune,2\n", to: "2.csv")
    let found = failure { () throws(Failure) in try fixture.partition([first, second], to: "p") }
    #expect(
      found
        == Failure(
          .data, at: "\(second):3",
          "user \"bob\" and item \"Dune\" have a rating already, at \(first):5",
          hint: "say what counts with --duplicates last, sum, mean or keep"))
    #expect(try PosixFileSystem().list(fixture.directory.path) == ["1.csv", "2.csv"])
  }

  @Test func `of many repeated pairs, the same is named for any order of lines and workers`() throws
  {
    let fixture = try Fixture()
    var lines = Fixture.lines(500, users: 10, items: 10, repeats: true, seed: 5)
    var generator = Generator(state: 1)
    var messages: Set<String> = []
    for round in 0..<4 {
      lines.shuffle(using: &generator)
      let path = try fixture.write(lines, to: "\(round).csv")
      let found = failure { () throws(Failure) in
        try fixture.partition([path], to: "p") { $0.workers = round + 1 }
      }
      messages.insert(String((found?.message ?? "").prefix { $0 != "," }))
      #expect(found?.message.contains("rows in all repeat a pair") == true)
    }
    #expect(messages.count == 1)
  }

  @Test func `a repeated pair of standard input is named by its ids`() throws {
    let fixture = try Fixture()
    let path = try fixture.directory.write("a,b,1\na,b,2\n", to: "in.csv")
    let input = try PosixFileSystem().open(path, streaming: true)
    let found = failure { () throws(Failure) in
      _ = try Partitioner.run(
        PartitionSettings(), inputs: ["-"], output: fixture.directory.file("p"),
        in: PosixFileSystem(), standardInput: input)
    }
    #expect(found?.message == "user \"a\" and item \"b\" have two ratings")
  }

  @Test func `a sum beyond the largest float is refused`() throws {
    let fixture = try Fixture()
    let path = try fixture.directory.write("a,b,3e38\na,b,3e38\n", to: "in.csv")
    let found = failure { () throws(Failure) in
      try fixture.partition([path], to: "p") { $0.duplicates = .sum }
    }
    #expect(
      found?.message
        == "the sum of the ratings of user \"a\" and item \"b\" is too large for a 32-bit number")
    #expect(
      try fixture.partition([path], to: "p") { $0.duplicates = .mean }.facts.highestValue == 3e38)
  }

  @Test func `a repeated pair is named behind a first line that was skipped`() throws {
    let fixture = try Fixture()
    let path = try fixture.directory.write("My ratings\na,b,1\nc,b,1\na,b,2\n", to: "a.csv")
    let found = failure { () throws(Failure) in
      try fixture.partition([path], to: "p") { $0.badLineLimit = 1 }
    }
    #expect(found?.place == "\(path):4", "\(String(describing: found))")
    #expect(found?.message.hasSuffix("have a rating already, at \(path):2") == true)
  }
}
