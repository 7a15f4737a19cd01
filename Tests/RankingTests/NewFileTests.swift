import BlockMatrix
import BlockStore
import Ranking
import TestSupport
import Testing
import Workers

@Suite struct `An output` {
  private let disk = PosixFileSystem()

  /// Runs `body` on a file system that dies at operation 1, 2, 3 … until none is left to die at.
  private func dying(_ body: (FaultyFileSystem, TemporaryDirectory) throws -> Void) throws -> Int {
    for number in 1...1000 {
      let faulty = FaultyFileSystem(disk, .init(at: number, isLasting: true))
      try body(faulty, TemporaryDirectory())
      if !faulty.hasFired { return number - 1 }
    }
    Issue.record("the operations have no end")
    return 0
  }

  /// Runs `body` with a fault at operation 1, 2, 3 … until none fires any more.
  private func sweep(
    hasEffect: Bool, _ body: (FaultyFileSystem, TemporaryDirectory) throws -> Void
  ) throws -> Int {
    for number in 1...1000 {
      let faulty = FaultyFileSystem(disk, .init(at: number, hasEffect: hasEffect))
      try body(faulty, TemporaryDirectory())
      if !faulty.hasFired { return number - 1 }
    }
    Issue.record("the sweep has no end")
    return 0
  }

  /// What a process that dies at any operation leaves is made good by another run of the same.
  @Test func `that is a file is complete after a second run, wherever the first one died`() throws {
    func write(_ folder: TemporaryDirectory, in fileSystem: any FileSystem) throws(Failure) {
      let file = try NewFile(folder.file("out"), in: fileSystem)
      try file.write([1, 2])
      try file.write([3])
      try file.commit()
    }
    let points = try dying { faulty, folder in
      do throws(Failure) { try write(folder, in: faulty) } catch {
        #expect(error.message == "injected fault")
      }
      try write(folder, in: disk)
      #expect(try disk.list(folder.path) == ["out"])
      #expect(try folder.read("out") == [1, 2, 3])
    }
    #expect(points >= 6)
  }

  @Test(arguments: ExportFormat.allCases)
  func `that is a directory is complete after a second run, wherever the first one died`(
    format: ExportFormat
  ) throws {
    let stored = try StoredModel.tiny()
    let loaded = try LoadedModel.open(stored.model, in: disk)
    let points = try dying { faulty, folder in
      do throws(Failure) {
        try FactorExport(loaded).write(format, to: folder.file("new/out"), in: faulty)
      } catch {
        #expect(error.message == "injected fault")
      }
      try FactorExport(loaded).write(format, to: folder.file("new/out"), in: disk)
      #expect(try disk.list(folder.file("new")) == ["out"])
      #expect(try disk.list(folder.file("new/out")).contains("export.json"))
    }
    #expect(points >= 12)
  }

  @Test(arguments: [false, true])
  func `that is a file appears complete or not at all, whatever fails`(hasEffect: Bool) throws {
    let points = try sweep(hasEffect: hasEffect) { faulty, folder in
      do throws(Failure) {
        let file = try NewFile(folder.file("out"), in: faulty)
        try file.write([1, 2])
        try file.write([3])
        try file.commit()
      } catch {
        #expect(error.message == "injected fault")
      }
      let names = try disk.list(folder.path).filter { $0 == "out" }
      if !names.isEmpty { #expect(try folder.read("out") == [1, 2, 3]) }
      if !faulty.hasFired { #expect(names == ["out"]) }
    }
    #expect(points >= 6)
  }

  @Test(arguments: ExportFormat.allCases)
  func `that is a directory appears complete or not at all, whatever fails`(
    format: ExportFormat
  ) throws {
    let stored = try StoredModel.tiny()
    let loaded = try LoadedModel.open(stored.model, in: disk)
    let points = try sweep(hasEffect: false) { faulty, folder in
      do throws(Failure) {
        try FactorExport(loaded).write(format, to: folder.file("new/parent/out"), in: faulty)
      } catch {
        #expect(error.message == "injected fault")
      }
      let isThere = try disk.status(folder.file("new/parent/out")) != nil
      if isThere {
        #expect(try disk.list(folder.file("new/parent/out")).contains("export.json"))
        let lost = faulty.hasLostLock ? ["out.lock"] : []
        #expect(try disk.list(folder.file("new/parent")) == ["out"] + lost)
      } else {
        #expect(try disk.list(folder.path) == [], "\(faulty.operations[faulty.fault.at - 1])")
      }
      #expect(isThere || faulty.hasFired)
    }
    #expect(points >= 12)
  }

  @Test func `that fails once leaves nothing behind`() throws {
    _ = try sweep(hasEffect: false) { faulty, folder in
      var failure: Failure?
      do throws(Failure) {
        let file = try NewFile(folder.file("out"), in: faulty)
        try file.write([1])
        try file.commit()
      } catch {
        failure = error
      }
      let names = try disk.list(folder.path)
      let lost = faulty.hasLostLock ? ["out.lock"] : []
      #expect(
        names == (failure == nil || names.contains("out") ? ["out"] + lost : []),
        "\(String(describing: failure))")
    }
  }

  @Test(arguments: ExportFormat.allCases)
  func `that is asked to stop leaves nothing behind`(format: ExportFormat) throws {
    let stored = try StoredModel.tiny()
    let folder = try TemporaryDirectory()
    let stop = StopRequest()
    stop.set()
    let loaded = try LoadedModel.open(stored.model, in: disk)
    let stopped = try #require(throws: Failure.self) {
      try FactorExport(loaded).write(format, to: folder.file("new/out"), in: disk, stop: stop)
    }
    #expect(stopped.code == .stopped)
    #expect(try disk.list(folder.path) == [])
  }
}

extension FaultyFileSystem {
  /// Whether the fault keeps the lock's file from going: nothing but its name is left, for the next
  /// writer to remove.
  fileprivate var hasLostLock: Bool {
    let operation = hasFired ? operations[fault.at - 1] : ""
    return operation.hasPrefix("removeFile ") && operation.hasSuffix(".lock")
  }
}
