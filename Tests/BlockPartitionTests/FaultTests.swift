import BlockMatrix
import BlockPartition
import BlockStore
import RatingInput
import TestSupport
import Testing
import Workers

struct FaultTests {
  private func settings(_ settings: inout PartitionSettings, rejects: String) {
    settings.workers = 1
    settings.memory = 300_000
    settings.holdout = HoldoutRule(fraction: 0.1, seed: 1)
    settings.badLineLimit = 1
    settings.rejects = rejects
  }

  @Test(arguments: [false, true])
  func `whatever operation fails, nothing half done is left, and the next run succeeds`(
    hasEffect: Bool
  ) throws {
    let fixture = try Fixture()
    let lines = Fixture.lines(15_000, users: 100, items: 200, repeats: false, seed: 8)
    let path = try fixture.directory.write(Fixture.text(lines) + "bad line\n", to: "r.csv")
    let rejects = fixture.directory.file("rejects.csv")
    let counting = FaultyFileSystem()
    let expected = try fixture.partition([path], to: "good", in: counting) {
      settings(&$0, rejects: fixture.directory.file("good.csv"))
    }
    #expect(expected.summary.spilledByteCount > 0)
    let operations = counting.operations
    #expect(operations.count > 60)
    var completeCount = 0
    for number in 1...operations.count {
      let faulty = FaultyFileSystem(PosixFileSystem(), .init(at: number, hasEffect: hasEffect))
      let found = failure { () throws(Failure) in
        try fixture.partition([path], to: "p", in: faulty) { settings(&$0, rejects: rejects) }
      }
      let names = try PosixFileSystem().list(fixture.directory.path)
      if found != nil {
        // Clean-up that failed is made good by the next run; what it left is unfinished by name.
        // A list whose renaming only seemed to fail does no harm.
        let finished = names.filter {
          !$0.contains(".tmp-") && !$0.hasSuffix(".lock") && !(hasEffect && $0 == "rejects.csv")
        }
        let isAfterRename = finished.contains("p")
        #expect(
          finished == ["good", "good.csv", "r.csv"] || isAfterRename,
          "\(number) \(operations[number - 1]): \(names)")
      }
      let again = try fixture.partition([path], to: "p") { settings(&$0, rejects: rejects) }
      #expect(again.facts == expected.facts)
      #expect(again.summary.rowCount == expected.summary.rowCount)
      if found != nil, again.summary.wasThere { completeCount += 1 }
      #expect(
        try PosixFileSystem().list(fixture.directory.path)
          == ["good", "good.csv", "p", "r.csv", "rejects.csv"])
      try PosixFileSystem().removeTree(fixture.directory.file("p"))
      try PosixFileSystem().removeTree(rejects)
    }
    // The directory's flush is after the rename.
    #expect(completeCount >= 1)
  }

  @Test func `no death leaves a partition without its list of skipped lines`() throws {
    let fixture = try Fixture()
    let lines = Fixture.lines(300, users: 20, items: 20, repeats: false, seed: 8)
    let path = try fixture.directory.write(Fixture.text(lines) + "bad line\n", to: "r.csv")
    let list = fixture.directory.file("bad.csv")
    let disk = PosixFileSystem()
    var between = 0
    for number in 1...1000 {
      let faulty = FaultyFileSystem(disk, .init(at: number, isLasting: true))
      let found = failure { () throws(Failure) in
        try fixture.partition([path], to: "p", in: faulty) { settings(&$0, rejects: list) }
      }
      if !faulty.hasFired { break }
      let isThere = try disk.status(fixture.directory.file("p")) != nil
      let isListed = try disk.status(list) != nil
      #expect(isListed || !isThere, "\(number) \(faulty.operations[number - 1])")
      if !isThere && isListed { between += 1 }
      // The same command goes through, with what is there or without.
      let again = try fixture.partition([path], to: "p") { settings(&$0, rejects: list) }
      #expect(again.summary.wasThere == isThere)
      #expect(found != nil || isThere)
      #expect(try disk.list(fixture.directory.path).contains("bad.csv"))
      for name in ["p", "bad.csv", "p.lock", "bad.csv.lock"] {
        try disk.removeTree(fixture.directory.file(name))
      }
    }
    #expect(between > 0)
  }

  @Test func `another list of skipped lines is not written over`() throws {
    let fixture = try Fixture()
    let path = try fixture.directory.write("a,b,1\nx\n", to: "r.csv")
    let header = "file,line,column,byte,reason\n"
    for text in [header, header + "other.csv,1,1,0,no rating\n"] {
      let list = try fixture.directory.write(text, to: "bad.csv")
      let found = failure { () throws(Failure) in
        try fixture.partition([path], to: "p") {
          $0.badLineLimit = 1
          $0.rejects = list
        }
      }
      #expect(found == OutputClaim.taken(list, by: "holds something else"))
      #expect(try fixture.directory.read("bad.csv") == Array(text.utf8))
      #expect(try PosixFileSystem().list(fixture.directory.path) == ["bad.csv", "r.csv"])
      try PosixFileSystem().removeFile(list)
    }
  }

  @Test func `a request to stop leaves nothing behind`() throws {
    let fixture = try Fixture()
    let lines = Fixture.lines(2000, users: 100, items: 100, repeats: false, seed: 8)
    let path = try fixture.write(lines, to: "r.csv")
    let stop = StopRequest()
    var settings = PartitionSettings()
    settings.stop = stop
    let run = settings
    let found = failure { () throws(Failure) in
      _ = try Partitioner.run(
        run, inputs: [path], output: fixture.directory.file("p"), in: PosixFileSystem()
      ) { progress in
        if progress.stage == .sorting { stop.set() }
      }
    }
    #expect(
      found
        == Failure(
          .stopped, "stopped on request; nothing was kept", hint: "run the same command again"))
    #expect(try PosixFileSystem().list(fixture.directory.path) == ["r.csv"])
  }

  @Test func `a partition that is there is complete only for the same ratings and settings`() throws
  {
    let fixture = try Fixture()
    let lines = Fixture.lines(300, users: 20, items: 20, repeats: false, seed: 8)
    let path = try fixture.write(lines, to: "r.csv")
    func run(_ inputs: [String], _ change: (inout PartitionSettings) -> Void = { _ in })
      throws(Failure) -> Bool
    {
      try fixture.partition(inputs, to: "p") {
        $0.holdout = HoldoutRule(fraction: 0.1, seed: 1)
        change(&$0)
      }.summary.wasThere
    }
    #expect(try !run([path]))
    let files = try PosixFileSystem().list(fixture.directory.file("p"))
    #expect(try run([path]))
    #expect(try run([path]) { $0.workers = 5 })
    #expect(try run([path]) { $0.memory = 1 << 20 })

    func difference(
      _ inputs: [String], _ change: (inout PartitionSettings) -> Void = { _ in }
    ) -> Failure? {
      failure { () throws(Failure) in _ = try run(inputs, change) }
    }
    let output = fixture.directory.file("p")
    // What the partition says of itself is enough to refuse it before anything is read.
    let shorter = try fixture.directory.write("not a rating\n", to: "s.csv")
    #expect(difference([shorter]) == OutputClaim.taken(output, by: "was made with other input"))
    #expect(
      difference([shorter]) {
        $0.duplicates = .last
        $0.holdout = nil
        $0.blockCounts.item = 3
      }
        == OutputClaim.taken(
          output, by: "was made with other --duplicates, --holdout, --item-blocks, input"))
    // What it cannot say shows in the bytes.
    let differs = OutputClaim.taken(output, by: "holds something else")
    #expect(difference([path]) { $0.minimumRatings.user = 15 } == differs)
    var text = Array(Fixture.text(lines).utf8)
    text[text.count - 2] ^= 0x30 ^ 0x35
    let sameLength = try fixture.directory.write(text, to: "t.csv")
    #expect(difference([sameLength]) == differs)
    #expect(try PosixFileSystem().list(output) == files)
    #expect(
      try PosixFileSystem().list(fixture.directory.path) == ["p", "r.csv", "s.csv", "t.csv"])
  }

  @Test func `an output that exists is refused before anything is read`() throws {
    let fixture = try Fixture()
    let path = try fixture.directory.write("not a rating\n", to: "r.csv")
    try PosixFileSystem().makeDirectory(fixture.directory.file("p"), withParents: false)
    let found = failure { () throws(Failure) in try fixture.partition([path], to: "p") }
    #expect(found?.code == .output && found?.message == "exists already")
    let rejects = failure { () throws(Failure) in
      try fixture.partition([path], to: "q") {
        $0.badLineLimit = 1
        $0.rejects = path
      }
    }
    #expect(rejects?.code == .output && rejects?.place == path)
  }

  @Test func `inputs that cannot be opened keep their exit codes`() throws {
    let fixture = try Fixture()
    let missing = failure { () throws(Failure) in
      try fixture.partition([fixture.directory.file("none.csv")], to: "p")
    }
    #expect(missing?.code == .missingInput)
    let directory = failure { () throws(Failure) in
      try fixture.partition([fixture.directory.path], to: "p")
    }
    #expect(directory?.code == .data && directory?.message == "is a directory")
    let nothing = failure { () throws(Failure) in try fixture.partition([], to: "p") }
    #expect(nothing?.code == .usage)
    #expect(try PosixFileSystem().list(fixture.directory.path).isEmpty)
  }

  @Test func `a header alone holds no rating`() throws {
    let fixture = try Fixture()
    let path = try fixture.directory.write("user,item,rating\n", to: "r.csv")
    #expect(
      failure { () throws(Failure) in try fixture.partition([path], to: "p") }
        == Failure(
          .data, at: path, "there is no rating in the input",
          hint: "there is a header, but nothing after it"))
  }

  @Test func `skipped lines are listed`() throws {
    let fixture = try Fixture()
    let path = try fixture.directory.write("a,b,1\nx\na,c,2\n\"a\",d,\"4,\"\"5\"\n", to: "r.csv")
    let (facts, summary) = try fixture.partition([path], to: "p") {
      $0.badLineLimit = 2
      $0.rejects = fixture.directory.file("rejects.csv")
    }
    #expect(facts.ratingCount == 2 && summary.badLineCount == 2)
    let text = String(decoding: try fixture.directory.read("rejects.csv"), as: UTF8.self)
    #expect(
      text == """
        file,line,column,byte,reason
        \(path),2,2,7,"the line has 1 field, not 3"
        \(path),4,8,21,"rating ""4,\\""\\""5"" is not a number"

        """)
  }
}
