import BlockMatrix
import BlockStore
import Foundation
import TestSupport
import Testing
import Workers

@Suite struct `The machine's file system` {
  let directory: TemporaryDirectory
  let disk = PosixFileSystem()
  init() throws { directory = try TemporaryDirectory() }

  /// The exit code that `body` fails with, if it fails.
  func code(_ body: () throws(Failure) -> Void) -> Failure.Code? {
    do throws(Failure) { try body() } catch { return error.code }
    return nil
  }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: directory.file(name), withDestinationPath: target)
  }

  func makePipe(_ name: String) throws -> String {
    let path = directory.file(name)
    #expect(unsafe mkfifo(path, 0o600) == 0)
    return path
  }

  @Test func `reads what it has written`() throws {
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try disk.writeDurably(bytes, to: directory.file("a"))
    let file = try disk.open(directory.file("a"), streaming: false)
    #expect(file.byteCount == bytes.count)
    #expect(try file.read(count: 1000, at: 99_000) == Array(bytes[99_000...]))
    #expect(try file.read(upTo: 10) == Array(bytes[..<10]))
    #expect(code { () throws(Failure) in _ = try file.read(count: 2, at: 99_999) } == .data)
    #expect(code { () throws(Failure) in _ = try file.read(count: 1, at: .max) } == .data)
    #expect(code { () throws(Failure) in _ = try file.read(count: -1, at: 0) } == .data)
  }

  @Test func `names what is missing, and what is there already`() throws {
    let path = directory.file("none")
    #expect(
      throws: Failure(
        .missingInput, at: path, "cannot open: No such file or directory", hint: "check the path")
    ) { try disk.open(path, streaming: false) }
    try directory.write("x", to: "a")
    #expect(code { () throws(Failure) in _ = try disk.create(directory.file("a")) } == .output)
    #expect(code { () throws(Failure) in _ = try disk.create(path + "/b") } == .output)
    let (old, new) = (directory.file("a"), directory.file("b"))
    try disk.rename(old, to: new)
    try directory.write("y", to: "a")
    #expect(code { () throws(Failure) in try disk.rename(old, to: new) } == .output)
    #expect(try directory.read("b") == Array("x".utf8))
    #expect(try disk.list(directory.path) == ["a", "b"])
    #expect(code { () throws(Failure) in _ = try disk.open("a\0b", streaming: true) } == .usage)
  }

  @Test func `follows no link where it writes`() throws {
    try directory.write("kept", to: "victim")
    try link("link", to: directory.file("victim"))
    try link("dangling", to: directory.file("new"))
    for name in ["link", "dangling"] {
      let path = directory.file(name)
      #expect(code { () throws(Failure) in _ = try disk.create(path) } == .output)
      #expect(code { () throws(Failure) in _ = try disk.append(to: path) } == .output)
      #expect(code { () throws(Failure) in try disk.truncate(path, to: 0) } == .output)
      #expect(code { () throws(Failure) in _ = try disk.lock(path, owner: "me") } == .output)
      #expect(try disk.status(path)?.kind == .other)
    }
    // Removing a tree removes the link, not what it leads to.
    try disk.makeDirectory(directory.file("tree"), withParents: false)
    try link("tree/link", to: directory.file("victim"))
    try disk.removeTree(directory.file("tree"))
    #expect(try directory.read("victim") == Array("kept".utf8))
    #expect(try disk.status(directory.file("new")) == nil)
  }

  @Test func `never waits for a pipe, and takes none for a file`() throws {
    let pipe = try makePipe("pipe")
    #expect(code { () throws(Failure) in _ = try disk.open(pipe, streaming: false) } == .data)
    #expect(code { () throws(Failure) in _ = try disk.lock(pipe, owner: "me") } == .data)
    #expect(code { () throws(Failure) in _ = try disk.append(to: pipe) } != nil)
    #expect(
      code { () throws(Failure) in _ = try disk.open(directory.path, streaming: true) } == .data)
  }

  @Test func `a pipe in the place of a shard is refused at once`() throws {
    try Worked.writePartition(directory.file("p"))
    for name in ["users-00000.csr", "users.ids", "manifest.json"] {
      try disk.removeFile(directory.file("p/\(name)"))
      _ = try makePipe("p/\(name)")
      let verification = try Verification.run(directory.file("p"), in: disk, workers: 1)
      #expect(verification.failures.first?.message == "is no regular file")
    }
  }

  @Test func `a lock has one holder, in this process and in others`() throws {
    let path = directory.file("LOCK")
    func othersMayLock() throws -> Bool {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["flock", "-n", path, "true"]
      try process.run()
      process.waitUntilExit()
      return process.terminationStatus == 0
    }
    let lock = try disk.lock(path, owner: "process 4711 on here")
    #expect(
      throws: Failure(
        .output, at: path, "is locked by process 4711 on here",
        hint: "wait until that process has ended, or stop it")
    ) { try disk.lock(path, owner: "me") }
    #expect(try !othersMayLock())
    lock.release()
    #expect(try othersMayLock())
    try disk.lock(path, owner: "me").release()
    #expect(try directory.read("LOCK") == Array("me\n".utf8))
  }

  /// Who may write beside an output may give a file of ours the name of a lock, or of a log.
  @Test func `writes into no file that has another name too`() throws {
    for content in ["", "process 4711 on here\n", "mine\n"] {
      let victim = try directory.write(content, to: "victim")
      try FileManager.default.linkItem(atPath: victim, toPath: directory.file("LOCK"))
      let path = directory.file("LOCK")
      #expect(code { () throws(Failure) in _ = try disk.lock(path, owner: "me") } == .output)
      #expect(code { () throws(Failure) in _ = try disk.append(to: path) } == .output)
      #expect(code { () throws(Failure) in try disk.truncate(path, to: 0) } == .output)
      #expect(try directory.read("victim") == Array(content.utf8))
      for name in ["LOCK", "victim"] { try disk.removeFile(directory.file(name)) }
    }
  }

  @Test(arguments: [
    "process of making tea\n", "process 4711", "process 4711 at noon\n", "process 1 on a\nb\n",
    "process  1\n", "x",
  ])
  func `takes nothing for a lock that is none`(content: String) throws {
    let path = try directory.write(content, to: "LOCK")
    #expect(code { () throws(Failure) in _ = try disk.lock(path, owner: "me") } == .output)
    #expect(try directory.read("LOCK") == Array(content.utf8))
  }

  private static let unfinished = "out.tmp-0123456789abcdef"

  /// Somebody puts a link into the place of our unfinished work while we are at it.
  @Test func `goes through no link below unfinished work`() throws {
    try disk.makeDirectory(directory.file("victims"), withParents: false)
    try directory.write("kept", to: "victims/part")
    try link(Self.unfinished, to: directory.file("victims"))
    try disk.makeDirectory(directory.file("x.tmp-fedcba9876543210"), withParents: false)
    try link("x.tmp-fedcba9876543210/scratch", to: directory.file("victims"))
    for name in [Self.unfinished, "x.tmp-fedcba9876543210/scratch"] {
      let (folder, part) = (directory.file(name), directory.file("\(name)/part"))
      let new = directory.file("\(name)/new")
      #expect(code { () throws(Failure) in _ = try disk.create(new) } != nil)
      #expect(code { () throws(Failure) in _ = try disk.append(to: part) } != nil)
      #expect(code { () throws(Failure) in try disk.makeDirectory(new, withParents: true) } != nil)
      #expect(code { () throws(Failure) in try disk.rename(part, to: new) } != nil)
      #expect(code { () throws(Failure) in try disk.removeFile(part) } != nil)
      try disk.removeTree(part)
      #expect(code { () throws(Failure) in _ = try disk.open(part, streaming: false) } != nil)
      try disk.removeTree(folder)
      #expect(try disk.status(folder) == nil)
    }
    #expect(try disk.list(directory.file("victims")) == ["part"])
    #expect(try directory.read("victims/part") == Array("kept".utf8))
  }

  /// The race itself: a link is swapped in and out all the time while trees are removed.
  @Test func `removes a tree without what is swapped into it`() throws {
    try disk.makeDirectory(directory.file("victims"), withParents: false)
    for name in 0..<20 { try directory.write("kept", to: "victims/\(name)") }
    try link("link", to: directory.file("victims"))
    let (tree, path) = (directory.file(Self.unfinished), directory.path)
    let isDone = StopRequest()
    let attack = Background { () throws(Failure) in
      while !isDone.isSet {
        for name in ["", "/sub"] {
          _ = unsafe rename(tree + name, path + "/away")
          _ = unsafe symlink(path + "/victims", tree + name)
          usleep(10)
          _ = unsafe unlink(tree + name)
          _ = unsafe rename(path + "/away", tree + name)
        }
      }
    }
    for _ in 0..<500 {
      try? disk.makeDirectory(tree, withParents: false)
      try? disk.makeDirectory(tree + "/sub", withParents: false)
      try? disk.writeDurably([1], to: tree + "/sub/part")
      try? disk.removeTree(tree)
    }
    isDone.set()
    try attack.wait()
    #expect(try disk.list(directory.file("victims")).filter { Int($0) != nil }.count == 20)
    #expect(try disk.list(directory.file("victims")).count == 20)
  }

  @Test(.enabled(if: geteuid() == 0)) func `leaves unfinished work of others alone`() throws {
    let remains = directory.file(Self.unfinished)
    try disk.makeDirectory(remains, withParents: false)
    try directory.write("theirs", to: Self.unfinished + "/part")
    #expect(unsafe chown(remains, 65534, 65534) == 0)
    #expect(code { () throws(Failure) in try disk.removeTree(remains) } == .permission)
    #expect(code { () throws(Failure) in _ = try disk.create(remains + "/x") } == .permission)
    let file = try NewFile(directory.file("out"), in: disk)
    try file.write([1])
    try file.commit()
    #expect(try disk.list(directory.path) == ["out", Self.unfinished])
    #expect(unsafe chown(remains, 0, 0) == 0)
    #expect(try directory.read(Self.unfinished + "/part") == Array("theirs".utf8))
  }

  @Test func `trains no model whose generations are a link`() throws {
    for name in ["elsewhere", "m"] {
      try disk.makeDirectory(directory.file(name), withParents: false)
    }
    try link("m/generations", to: directory.file("elsewhere"))
    let refused = try #require(throws: Failure.self) {
      _ = try ModelDirectory.openOrCreate(directory.file("m"), in: disk)
    }
    #expect(refused.code == .output && refused.place == directory.file("m/generations"))
  }
}
