import BlockMatrix
import BlockStore
import TestSupport
import Testing
import Workers

/// What the dead leave beside an output, and who may remove it.
@Suite struct `A claim on an output` {
  private let disk = PosixFileSystem()
  private let folder: TemporaryDirectory
  private var path: String { folder.file("out") }

  init() throws { folder = try TemporaryDirectory() }

  /// Leaves what a writer of `out` leaves that is killed.
  private func leaveRemains() throws {
    try folder.write([1], to: "out.tmp-0123456789abcdef")
    try disk.makeDirectory(folder.file("out.tmp-fedcba9876543210"), withParents: false)
    try folder.write([1], to: "out.tmp-fedcba9876543210/part")
    try folder.write("process 4711 on nowhere\n", to: "out.lock")
  }

  @Test func `takes over what the dead have left, and nothing else`() throws {
    try leaveRemains()
    let others = ["out.tmp-", "out.tmp-0123456789ABCDEF", "other.tmp-0123456789abcdef", "outlook"]
    for name in others { try folder.write([2], to: name) }
    let file = try NewFile(path, in: disk)
    try file.write([3])
    try file.commit()
    #expect(try disk.list(folder.path) == (others + ["out"]).sorted())
    #expect(try folder.read("out") == [3])
  }

  @Test func `leaves the living alone, and they it`() throws {
    let living = try NewFile(path, in: disk)
    try living.write([1])
    let before = try disk.list(folder.path)
    for _ in 0..<2 {
      let refused = try #require(throws: Failure.self) { try NewFile(path, in: disk) }
      #expect(refused.code == .output && refused.message.hasPrefix("is locked by process "))
      #expect(try disk.list(folder.path) == before)
    }
    try living.commit()
    #expect(try disk.list(folder.path) == ["out"])
  }

  @Test func `that comes too late still removes what the dead have left`() throws {
    try folder.write([7], to: "out")
    try leaveRemains()
    let refused = try #require(throws: Failure.self) { try NewDirectory(path, in: disk) }
    #expect(refused.code == .output && refused.message == "exists already")
    #expect(try disk.list(folder.path) == ["out"])
    try leaveRemains()
    #expect(throws: Failure.self) { try NewFile(path, in: disk).write([8]) }
    #expect(try disk.list(folder.path) == ["out"])
    #expect(try folder.read("out") == [7])
    // But not what belongs to a living writer, who will find the path taken.
    let living = try NewFile(folder.file("new"), in: disk)
    try folder.write([8], to: "new")
    #expect(throws: Failure.self) { try NewFile(folder.file("new"), in: disk) }
    #expect(try disk.list(folder.path).count == 4)
    #expect(throws: Failure.self) { try living.commit() }
    living.abandon()
    #expect(try disk.list(folder.path) == ["new", "out"])
    #expect(try folder.read("new") == [8])
  }

  /// Writes a file in two pieces, as an earlier run did.
  private func writeFile(_ bytes: [UInt8]) throws(Failure) -> NewFile {
    let file = try NewFile(path, in: disk)
    try file.write(Array(bytes.prefix(2)))
    try file.write(Array(bytes.dropFirst(2)))
    try file.commit()
    return file
  }

  @Test func `finds a file that holds what it would write, and is content`() throws {
    let bytes = [UInt8](1...200)
    #expect(try !writeFile(bytes).isTaken)
    try folder.write("process 4711 on nowhere\n", to: "out.lock")
    let again = try writeFile(bytes)
    #expect(again.isTaken && !again.hasAppeared)
    #expect(try disk.list(folder.path) == ["out"])
    let large = [UInt8](repeating: 7, count: 300_000)
    try disk.removeFile(path)
    _ = try writeFile(large)
    #expect(try writeFile(large).isTaken)
  }

  @Test func `refuses a file that holds anything else, and leaves it`() throws {
    let bytes: [UInt8] = [1, 2, 3, 4]
    for other in [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4, 5], [0, 2, 3, 4], [1, 2, 3, 5]] {
      try folder.write(other.map { UInt8($0) }, to: "out")
      let refused = try #require(throws: Failure.self) { try writeFile(bytes) }
      #expect(refused == OutputClaim.taken(path, by: "holds something else"))
      #expect(try folder.read("out") == other.map { UInt8($0) })
      #expect(try disk.list(folder.path) == ["out"])
      try disk.removeFile(path)
    }
  }

  @Test func `finds a directory of just the same files, or refuses it`() throws {
    func write(_ names: [String]) throws(Failure) -> Bool {
      let directory = try NewDirectory(path, in: disk)
      for name in names {
        try directory.write(name, pieces: 2) { [UInt8($0), UInt8(name.utf8.count)] }
      }
      try directory.commit()
      return directory.isTaken
    }
    #expect(try !write(["a", "bb"]))
    #expect(try write(["a", "bb"]))
    #expect(try write(["bb", "a"]))
    for other in [["a"], ["a", "cc"], ["a", "bb", "c"], []] {
      let refused = try #require(throws: Failure.self) { try write(other) }
      #expect(refused == OutputClaim.taken(path, by: "holds something else"))
    }
    #expect(try disk.list(path) == ["a", "bb"])
    #expect(try disk.list(folder.path) == ["out"])
  }

  @Test func `spares a file that only has the name of its lock`() throws {
    try folder.write("name = \"package\"\n", to: "out.lock")
    let refused = try #require(throws: Failure.self) { try NewFile(path, in: disk) }
    #expect(refused.code == .output && refused.place == folder.file("out.lock"))
    #expect(try folder.read("out.lock") == Array("name = \"package\"\n".utf8))
    #expect(try disk.list(folder.path) == ["out.lock"])
  }

  @Test func `says which directory is missing`() throws {
    let refused = try #require(throws: Failure.self) {
      try NewFile(folder.file("none/out"), in: disk)
    }
    #expect(refused.place == folder.file("none/out") && refused.code == .output)
    #expect(refused.message == "the directory \(folder.file("none")) is not there")
  }

  @Test func `is held by one at a time, however many come and go`() throws {
    let inside = Locked(0)
    let (path, folder) = (folder.file("many"), folder.path)
    let won = try Parallel.map(8, workers: 8) { _ throws(Failure) in
      var won = 0
      for _ in 0..<200 {
        guard let claim = try? OutputClaim(path, .file, makingParents: false, in: PosixFileSystem())
        else { continue }
        won += 1
        inside.withLock { inside in
          inside += 1
          #expect(inside == 1)
        }
        // What another wrote meanwhile would be removed, were it taken for a dead one's.
        let file = try PosixFileSystem().create(claim.temporary)
        try file.close()
        #expect(try PosixFileSystem().status(claim.temporary) != nil)
        inside.withLock { $0 -= 1 }
        claim.abandon()
      }
      return won
    }
    #expect(won.reduce(0, +) > 8)
    #expect(try disk.list(folder) == [])
  }
}
