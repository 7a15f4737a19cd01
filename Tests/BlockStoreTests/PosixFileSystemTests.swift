import BlockMatrix
import BlockStore
import Foundation
import TestSupport
import Testing

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
}
