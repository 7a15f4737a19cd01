import BlockMatrix
import BlockStore
import TestSupport
import Testing
import Tuning

@Suite struct `A tuning's record` {
  let disk = PosixFileSystem()

  func key(_ number: Int) -> [(String, JSONText)] {
    [("ratings", .string("digest")), ("fold", .int(number))]
  }

  func value(_ number: Int) -> FoldValue {
    FoldValue(value: Double(number) + 0.1, known: Double(number) + 0.2, pairs: 9, coldPairs: 2)
  }

  @Test func `gives back what was entered, a model that diverged as well`() throws {
    let folder = try TemporaryDirectory()
    let diverged = FoldValue(value: .nan, known: .infinity, pairs: 9, coldPairs: 0)
    do {
      let record = try TuningRecord(folder.file("record"), in: disk)
      try record.enter(value(1), for: key(1))
      try record.enter(diverged, for: key(2))
    }
    let record = try TuningRecord(folder.file("record"), in: disk)
    #expect(record.value(key(1)) == value(1))
    #expect(record.value(key(2)) == diverged && diverged.value == nil && diverged.known == nil)
    #expect(record.value(key(3)) == nil)
  }

  @Test(arguments: [
    FaultyFileSystem.Fault(), .init(hasEffect: true), .init(isLasting: true),
    .init(isLasting: true, hasEffect: true),
  ])
  func `can be gone on with after a fault at any operation`(
    fault: FaultyFileSystem.Fault
  ) throws {
    for number in 1...1000 {
      var fault = fault
      fault.at = number
      let faulty = FaultyFileSystem(disk, fault)
      let folder = try TemporaryDirectory()
      var entered = 0
      do throws(Failure) {
        let record = try TuningRecord(folder.file("record"), in: faulty)
        for number in 0..<3 {
          try record.enter(value(number), for: key(number))
          entered += 1
        }
      } catch {}
      let again = try TuningRecord(folder.file("record"), in: disk)
      for number in 0..<entered { #expect(again.value(key(number)) == value(number)) }
      try again.enter(value(7), for: key(7))
      #expect(again.value(key(7)) == value(7))
      if !faulty.hasFired { return #expect(number > 10) }
    }
  }

  @Test func `loses a torn end alone, and refuses one that was changed`() throws {
    let folder = try TemporaryDirectory()
    do {
      let record = try TuningRecord(folder.file("record"), in: disk)
      try record.enter(value(1), for: key(1))
      try record.enter(value(2), for: key(2))
    }
    let whole = try folder.read("record")
    for length in 0..<whole.count {
      try folder.write(Array(whole[..<length]), to: "torn\(length)")
      let torn = try TuningRecord(folder.file("torn\(length)"), in: disk)
      try torn.enter(value(3), for: key(3))
      #expect(torn.value(key(2)) == nil)
    }
    var changed = whole
    let position = try #require(changed.firstIndex(of: UInt8(ascii: "1")))
    changed[position] = UInt8(ascii: "8")
    try folder.write(changed, to: "changed")
    for (name, bytes) in [("changed", changed), ("words", Array("notes of mine".utf8))] {
      if name == "words" { try folder.write(bytes, to: name) }
      let failure = try #require(throws: Failure.self) {
        try TuningRecord(folder.file(name), in: disk)
      }
      #expect(failure.code == .data)
      #expect(try folder.read(name) == bytes)
    }
    let names = try disk.list(folder.path)
    #expect(!names.contains { $0.hasSuffix(".lock") })
  }

  @Test func `is open in one process at a time`() throws {
    let folder = try TemporaryDirectory()
    let record = try TuningRecord(folder.file("record"), in: disk)
    let failure = try #require(throws: Failure.self) {
      try TuningRecord(folder.file("record"), in: disk)
    }
    #expect(failure.code == .output && failure.message.contains("locked by process"))
    _ = record
  }
}
