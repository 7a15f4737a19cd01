import BlockMatrix
import BlockPartition
import BlockStore
import RatingInput
import TestSupport
import Testing

struct AddedRatingsTests {
  /// The files of a partition.
  private func files(_ fixture: Fixture, _ name: String) throws -> [String: [UInt8]] {
    let folder = fixture.directory.file(name)
    var files: [String: [UInt8]] = [:]
    for file in try PosixFileSystem().list(folder) {
      let opened = try PosixFileSystem().open("\(folder)/\(file)", streaming: false)
      files[file] = try opened.read(count: opened.byteCount, at: 0)
    }
    return files
  }

  /// What is done with duplicates before, and then.
  static let policies: [(DuplicatePolicy, DuplicatePolicy)] = [
    (.error, .last), (.error, .sum), (.error, .mean), (.error, .keep), (.last, .last),
    (.sum, .sum), (.keep, .sum), (.keep, .mean), (.keep, .keep),
  ]

  @Test(arguments: policies)
  func `what is added to a partition makes, byte for byte, the partition of all text`(
    _ old: DuplicatePolicy, _ new: DuplicatePolicy
  ) throws {
    let fixture = try Fixture()
    let repeats = old != .error
    let monday = Fixture.lines(5000, users: 120, items: 90, repeats: repeats, seed: 41)
    // New users and items, and pairs that are there already.
    let tuesday = Fixture.lines(2000, users: 150, items: 110, repeats: true, seed: 42)
    let paths = [
      try fixture.write(monday, to: "m.csv"), try fixture.write(tuesday, to: "t.csv"),
    ]
    try fixture.partition([paths[0]], to: "m") {
      $0.duplicates = old
      $0.blockCounts = PerSide(user: 3, item: 2)
    }
    let change = { (settings: inout PartitionSettings) in
      settings.duplicates = new
      settings.holdout = HoldoutRule(fraction: 0.1, seed: 5)
      settings.minimumRatings = PerSide(user: 10, item: 10)
      settings.blockCounts = PerSide(user: 2, item: 4)
    }
    try fixture.partition(paths, to: "all", change)
    let expected = try files(fixture, "all")
    for (workers, memory) in [(1, Int?.none), (3, 600_000)] {
      let name = "added \(workers)"
      let (_, summary) = try fixture.partition([paths[1]], to: name) {
        change(&$0)
        $0.added = [fixture.directory.file("m")]
        $0.workers = workers
        $0.memory = memory
      }
      #expect(try files(fixture, name) == expected)
      #expect(summary.missingRatingCount == 0 && summary.addedRatingCount > 1000)
    }
  }

  @Test func `ratings that were kept back come back, and those that were left out are counted`()
    throws
  {
    let fixture = try Fixture()
    let monday = Fixture.lines(4000, users: 100, items: 80, repeats: false, seed: 43)
    let tuesday = (0..<50).map { Line(user: "new \($0)", item: "i1", value: 1) }
    let paths = [
      try fixture.write(monday, to: "m.csv"), try fixture.write(tuesday, to: "t.csv"),
    ]
    let held = try fixture.partition([paths[0]], to: "m") {
      $0.holdout = HoldoutRule(fraction: 0.2, seed: 1)
    }.facts.holdout
    #expect(held?.unknownPairs == 0)
    try fixture.partition(paths, to: "all") { $0.holdout = HoldoutRule(fraction: 0.3, seed: 2) }
    try fixture.partition([paths[1]], to: "added") {
      $0.holdout = HoldoutRule(fraction: 0.3, seed: 2)
      $0.added = [fixture.directory.file("m")]
    }
    #expect(try files(fixture, "added") == files(fixture, "all"))

    try fixture.partition([paths[0]], to: "few") { $0.minimumRatings.item = 30 }
    let (_, summary) = try fixture.partition([paths[1]], to: "short") {
      $0.added = [fixture.directory.file("few")]
    }
    let left = try fixture.lines(of: "few").user.count
    #expect(left < 4000 && summary.addedRatingCount == left)
    #expect(summary.missingRatingCount == 4000 - left)
  }

  @Test func `several partitions are read in their order`() throws {
    let fixture = try Fixture()
    for (name, value) in [("a", 1), ("b", 2), ("c", 3)] {
      let path = try fixture.directory.write("u,i,\(value)\nu,\(name),1\n", to: "\(name).csv")
      try fixture.partition([path], to: name)
    }
    let last = try fixture.directory.write("v,w,1\n", to: "d.csv")
    for names in [["a", "b", "c"], ["c", "a", "b"]] {
      let name = names.joined()
      try fixture.partition([last], to: name) {
        $0.added = names.map(fixture.directory.file)
        $0.duplicates = .last
      }
      let lines = try fixture.lines(of: name).user
      #expect(lines.count == 5)
      #expect(lines.first { $0.item == "i" }?.value == (names[2] == "c" ? 3 : 2))
    }
  }

  @Test(arguments: [
    (DuplicatePolicy.mean, DuplicatePolicy.mean), (.keep, .last), (.last, .sum), (.sum, .error),
  ])
  func `what blocks have forgotten is not made up`(
    _ old: DuplicatePolicy, _ new: DuplicatePolicy
  ) throws {
    let fixture = try Fixture()
    let path = try fixture.directory.write("a,b,1\n", to: "r.csv")
    try fixture.partition([path], to: "m") { $0.duplicates = old }
    let found = failure { () throws(Failure) in
      try fixture.partition([path], to: "p") {
        $0.added = [fixture.directory.file("m")]
        $0.duplicates = new
      }
    }
    #expect(found?.code == .usage && found?.place == fixture.directory.file("m"))
    #expect(found?.message.contains("--duplicates \(old.rawValue)") == true)
    #expect(try PosixFileSystem().list(fixture.directory.path) == ["m", "r.csv"])
  }

  @Test func `times cannot be asked of a partition, nor of one whose ratings have decayed`() throws
  {
    let fixture = try Fixture()
    let path = try fixture.directory.write("a,b,1,5\n", to: "r.csv")
    try fixture.partition([path], to: "m")
    try fixture.partition([path], to: "old") {
      $0.source.times = TimeReading()
      $0.halfLife = HalfLife(milliseconds: 1)
    }
    let timed = failure { () throws(Failure) in
      try fixture.partition([path], to: "p") {
        $0.added = [fixture.directory.file("m")]
        $0.source.times = TimeReading()
      }
    }
    #expect(timed?.isSetting == true && timed?.place == "add")
    let decayed = failure { () throws(Failure) in
      try fixture.partition([path], to: "p") { $0.added = [fixture.directory.file("old")] }
    }
    #expect(decayed?.message.contains("--half-life") == true)
  }

  @Test func `a pair that is in the partition already is refused with the place of the other`()
    throws
  {
    let fixture = try Fixture()
    let first = try fixture.directory.write("a,b,1\n", to: "m.csv")
    let second = try fixture.directory.write("a,c,1\na,b,2\n", to: "t.csv")
    try fixture.partition([first], to: "m")
    let folder = fixture.directory.file("m")
    let found = failure { () throws(Failure) in
      try fixture.partition([second], to: "p") { $0.added = [folder] }
    }
    #expect(found?.place == "\(second):2")
    #expect(found?.message == "user \"a\" and item \"b\" have a rating already, in \(folder)")
  }

  @Test func `blocks that memory cannot hold are refused with what would`() throws {
    let fixture = try Fixture()
    let lines = Fixture.lines(20_000, users: 400, items: 300, repeats: false, seed: 44)
    let path = try fixture.write(lines, to: "m.csv")
    let more = try fixture.directory.write("a,b,1\n", to: "t.csv")
    try fixture.partition([path], to: "m")
    let found = failure { () throws(Failure) in
      try fixture.partition([more], to: "p") {
        $0.added = [fixture.directory.file("m")]
        $0.memory = 1 << 20
      }
    }
    #expect(found?.code == .memory && found?.hint == "give at least --memory 2M")
    try fixture.partition([more], to: "p") {
      $0.added = [fixture.directory.file("m")]
      $0.memory = 2 << 20
    }
  }

  @Test(arguments: [["", "b", "c"], ["a", "b", "a"], ["a", "b\0", "c"]])
  func `ids that no text could have brought are refused`(_ users: [String]) throws {
    let fixture = try Fixture()
    let folder = fixture.directory.file("m")
    let matrix = TinyRatings.matrix
    try matrix.partition(
      at: folder,
      ids: PerSide(
        user: IdTable(users.map { Array($0.utf8) }, counts: matrix.idTable(.user).counts),
        item: matrix.idTable(.item)))
    let path = try fixture.directory.write("x,y,1\n", to: "t.csv")
    let found = failure { () throws(Failure) in
      try fixture.partition([path], to: "p") { $0.added = [folder] }
    }
    let isEmptyOrTwice = found?.message.contains("an id of its users is") == true
    #expect(found?.code == .data && isEmptyOrTwice, "\(String(describing: found))")
  }
}
