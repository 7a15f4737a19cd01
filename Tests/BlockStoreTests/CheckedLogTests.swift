import BlockMatrix
import BlockStore
import TestSupport
import Testing

@Suite struct `A checked log` {
  let disk = PosixFileSystem()

  /// The line with a number of its own.
  func line(_ number: Int) -> String { "{\"line\":\(number)}" }

  /// Appends three lines, each flushed; how many of them were before the disk failed.
  func write(_ path: String, in fileSystem: any FileSystem) -> Int {
    let log = CheckedLog(path, in: fileSystem)
    for number in 0..<3 {
      do throws(Failure) {
        try log.append(line(number))
        try log.flush()
      } catch { return number }
    }
    return 3
  }

  /// Fails at operation 1, 2, 3 … until none fires any more.
  func sweep(
    _ fault: FaultyFileSystem.Fault, _ body: (FaultyFileSystem, TemporaryDirectory) throws -> Void
  ) throws {
    for number in 1...1000 {
      var fault = fault
      fault.at = number
      let faulty = FaultyFileSystem(disk, fault)
      try body(faulty, TemporaryDirectory())
      if !faulty.hasFired { return #expect(number > 10) }
    }
    Issue.record("the sweep has no end")
  }

  @Test(arguments: [
    FaultyFileSystem.Fault(), .init(hasEffect: true), .init(isLasting: true),
    .init(isLasting: true, hasEffect: true),
  ])
  func `loses no line that was flushed, and goes on after a fault at any operation`(
    fault: FaultyFileSystem.Fault
  ) throws {
    try sweep(fault) { faulty, folder in
      let path = folder.file("log")
      let flushed = write(path, in: faulty)
      let log = CheckedLog(path, in: disk)
      let left = try log.lines()
      #expect(left.starts(with: (0..<flushed).map(line)) && left.count <= flushed + 1)
      try log.append(line(7))
      try log.flush()
      let content = try #require(try log.content())
      #expect(content.damage == nil && content.lines == left + [line(7)])
      #expect(try disk.list(folder.path) == ["log"])
    }
  }

  @Test(arguments: [true, false])
  func `loses no line that was flushed when the power is cut`(keepingEntries: Bool) throws {
    try sweep(.init(isLasting: true)) { faulty, folder in
      // What is flushed once is durable: only what comes after the last flush can be lost.
      let flushed = write(folder.file("log"), in: faulty)
      try faulty.cutPower(keepingEntries: keepingEntries)
      let left = try CheckedLog(folder.file("log"), in: disk).lines()
      #expect(left.starts(with: (0..<flushed).map(line)))
    }
  }

  @Test func `goes on by itself after a write that failed once`() throws {
    try sweep(.init(hasEffect: true)) { faulty, folder in
      let log = CheckedLog(folder.file("log"), in: faulty)
      for number in 0..<4 {
        do throws(Failure) {
          try log.append(line(number))
          try log.flush()
        } catch {}
      }
      let content = try #require(try CheckedLog(folder.file("log"), in: disk).content())
      #expect(content.damage == nil && content.lines.count >= 3)
    }
  }

  @Test func `is cut at the end of its last whole line, wherever it was torn`() throws {
    let folder = try TemporaryDirectory()
    #expect(write(folder.file("whole"), in: disk) == 3)
    let whole = try folder.read("whole")
    for length in 0...whole.count {
      try folder.write(Array(whole[..<length]), to: "torn\(length)")
      let log = CheckedLog(folder.file("torn\(length)"), in: disk)
      let left = whole[..<length].count { $0 == 0x0A }
      #expect(try log.lines() == (0..<left).map(line))
      try log.append(line(9))
      try log.flush()
      #expect(try log.content()?.damage == nil)
      #expect(try log.lines() == (0..<left).map(line) + [line(9)])
    }
  }

  @Test func `is cut where it differs from what it is to hold`() throws {
    let folder = try TemporaryDirectory()
    let log = CheckedLog(folder.file("log"), in: disk)
    for lines in [[1, 2, 3], [1, 2], [1, 4, 5, 6], [], [8]] {
      try log.rewrite(lines.map(line))
      #expect(try log.content()?.damage == nil && log.lines() == lines.map(line))
    }
    try log.append(line(9))
    #expect(try log.lines() == [line(8), line(9)])
  }
}
