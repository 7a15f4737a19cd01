import BlockMatrix
import BlockStore
import TestSupport
import Testing
import Workers

/// Every small damage to every file of a tiny partition and a tiny model is refused, by whoever
/// reads the file and by `verify`.
@Suite struct `Damage is refused` {
  let directory: TemporaryDirectory
  let partition: Partition
  let model: ModelDirectory

  init() throws {
    directory = try TemporaryDirectory()
    let disk = PosixFileSystem()
    try Worked.writePartition(directory.file("p"), holdout: Worked.holdout)
    partition = try Partition.open(directory.file("p"), in: disk)
    model = try ModelDirectory.openOrCreate(directory.file("m"), in: disk)
    try model.copyIds(from: partition)
    try Worked.writeGeneration(1, to: model, of: partition, rank: 2, hasBias: true)
    try model.log.append(#"{"event":"phase","iteration":1}"#)
    try model.log.append(#"{"event":"iteration","iteration":1}"#)
  }

  static let partitionFiles = [
    "manifest.json", "users-00000.csr", "users-00001.csr", "items-00000.csr", "items-00001.csr",
    "users.ids", "items.ids", "holdout.coo",
  ]
  static let modelFiles =
    ["users.ids", "items.ids"]
    + ["manifest.json", "users-00000", "users-00001", "items-00000", "items-00001"].map {
      "generations/00000001/" + ($0.hasSuffix("json") ? $0 : $0 + ".safetensors")
    }

  /// All ways to flip a bit, leave out an end, or add, leave out or double a byte.
  static func alterations(of bytes: [UInt8]) -> [(what: String, bytes: [UInt8])] {
    var all: [(what: String, bytes: [UInt8])] = []
    for position in bytes.indices {
      for bit in 0..<8 {
        var flipped = bytes
        flipped[position] ^= 1 << UInt8(bit)
        all.append(("bit \(bit) of byte \(position)", flipped))
      }
      all.append(("cut to \(position)", Array(bytes[..<position])))
      var shorter = bytes
      shorter.remove(at: position)
      all.append(("without byte \(position)", shorter))
      var longer = bytes
      longer.insert(longer[position], at: position)
      all.append(("byte \(position) doubled", longer))
    }
    for byte in [0, 10, 32, 255] as [UInt8] {
      all.append(("byte \(byte) appended", bytes + [byte]))
    }
    all.append(("doubled", bytes + bytes))
    return all.filter { $0.bytes != bytes }
  }

  /// Runs `isRefused` for every alteration of a file, and returns those that passed.
  func survivors(
    _ path: String, _ isRefused: @escaping @Sendable (AlteredFileSystem) throws(Failure) -> Bool
  ) throws -> [String] {
    let file = try PosixFileSystem().open(path, streaming: false)
    let alterations = Self.alterations(of: try file.read(count: file.byteCount, at: 0))
    #expect(alterations.count > 10 * file.byteCount)
    let refused = try Parallel.map(alterations.count, workers: 2) { number throws(Failure) in
      try isRefused(AlteredFileSystem(files: [path: alterations[number].bytes]))
    }
    return zip(alterations, refused).filter { !$1 }.map(\.0.what)
  }

  /// Whether reading everything in a partition throws that a file is damaged.
  static func readerRefuses(_ path: String, _ disk: any FileSystem) -> Bool {
    do throws(Failure) {
      let partition = try Partition.open(path, in: disk)
      for side in Side.allCases {
        for block in 0..<partition.facts.grids[side].blockCount {
          _ = try partition.readBlock(block, of: side)
        }
        _ = try partition.readIds(side)
      }
      _ = try partition.readHoldout()
      return false
    } catch {
      return error.code == .data || error.code == .mismatch
    }
  }

  @Test(arguments: partitionFiles)
  func `in a partition`(name: String) throws {
    let path = directory.file("p")
    #expect(try survivors("\(path)/\(name)") { disk in Self.readerRefuses(path, disk) } == [])
    #expect(
      try survivors("\(path)/\(name)") { disk throws(Failure) in
        let verification = try Verification.run(path, in: disk, workers: 1)
        return verification.failures.allSatisfy { $0.place.contains(name) }
          && !verification.failures.isEmpty
      } == [])
  }

  @Test(arguments: modelFiles)
  func `in a model`(name: String) throws {
    let path = directory.file("m")
    #expect(
      try survivors("\(path)/\(name)") { disk in
        do throws(Failure) {
          let model = try ModelDirectory.open(path, in: disk)
          guard let newest = try model.newestGood() else { return false }
          for side in Side.allCases { _ = try model.readIds(side, of: newest.facts) }
          return false
        } catch { return error.code == .data || error.code == .mismatch }
      } == [])
    #expect(
      try survivors("\(path)/\(name)") { disk throws(Failure) in
        let verification = try Verification.run(path, in: disk, workers: 1)
        return verification.failures.contains { $0.place.contains(name) }
      } == [])
  }

  @Test func `in the log`() throws {
    let path = directory.file("m/training.jsonl")
    let survivors = try survivors(path) { [path = directory.file("m")] disk throws(Failure) in
      let verification = try Verification.run(path, in: disk, workers: 1)
      return verification.failures.contains { $0.place.contains("training.jsonl") }
    }
    #expect(survivors == [])
  }
}
