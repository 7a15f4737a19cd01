import BlockMatrix
import BlockStore
import Testing

/// A member of a manifest, and what a hostile writer puts there under the right checksum.
struct Forgery: Sendable, CustomStringConvertible {
  let member: String
  let old: String
  let new: String
  var description: String { "\(member): \(new)" }

  init(_ member: String, _ old: String, _ new: String) {
    self.member = member
    self.old = "\"\(member)\" : \(old)"
    self.new = "\"\(member)\" : \(new)"
  }
}

/// Numbers and words that no writer of ours states: refused where the manifest is decoded, before
/// anybody reckons with them.
@Suite struct `Forged manifests` {
  private static let huge = ["9223372036854775807", "4611686018427387904", "-4611686018427387905"]

  static let partition: [Forgery] =
    huge.flatMap { number in
      [
        Forgery("byteCount", "273", number), Forgery("byteCount", "271", number),
        Forgery("byteCount", "282", number), Forgery("ratingCount", "3", number),
        Forgery("ratingCount", "6", number), Forgery("unknownPairs", "1", number),
        Forgery("distinctColumnCount", "3", number), Forgery("longestRow", "3", number),
        Forgery("userCount", "3", number), Forgery("rowCount", "2", number),
      ]
    } + [
      Forgery("lowestValue", "1", "6"), Forgery("fraction", "0.25", "-0.25"),
      Forgery("duplicates", "\"error\"", "\"\\u001b[31m\""),
      Forgery("digest", "\"7", "\"\\u001b"), Forgery("ratingCount", "5", "2147483647"),
      Forgery("ratingCount", "6", "9"),
      Forgery("unknownPairs", "1", "1,\n    \"last\" : 0"),
      Forgery("valuesGiven", "true", "true,\n    \"droppedRatingCount\" : -1"),
      Forgery("valuesGiven", "true", "true,\n    \"times\" : {\"newest\" : 1, \"halfLife\" : 0}"),
    ]

  static let generation: [Forgery] =
    huge.flatMap { number in
      [
        Forgery("byteCount", "271", number), Forgery("byteCount", "184", number),
        Forgery("userCount", "3", number), Forgery("iteration", "1", number),
      ]
    } + [
      Forgery("lowestValue", "1", "6"), Forgery("partitionDigest", "\"9", "\"\\u001b"),
      Forgery("highestValue", "5", "5,\n    \"best\" : 2"),
      Forgery("highestValue", "5", "5,\n    \"best\" : -1"),
    ]

  /// What is said of a golden directory whose manifest was forged.
  ///
  /// - Parameter open: What every command does with it first.
  private func refusal<Output>(
    _ forgery: Forgery, of manifest: String,
    _ open: (AlteredFileSystem) throws(Failure) -> Output
  ) throws -> (failure: Failure, verified: [Failure]) {
    let path = "\(Fixtures.golden)/\(manifest)"
    let golden = try Fixtures.bytes(path)
    let forged = ManifestForge.replace(forgery.old, with: forgery.new, in: golden)
    let isForged = forged != golden
    #expect(isForged, "there is no \(forgery.old)")
    let disk = AlteredFileSystem(files: [path: forged])
    let top = "\(Fixtures.golden)/\(manifest.split(separator: "/")[0])"
    var failure: Failure?
    do throws(Failure) { _ = try open(disk) } catch { failure = error }
    return (
      try #require(failure), try Verification.run(top, in: disk, workers: 1).failures
    )
  }

  @Test(arguments: partition) func `of a partition are refused`(forgery: Forgery) throws {
    let (failure, verified) = try refusal(forgery, of: "holdout.blocks/manifest.json") {
      disk throws(Failure) in
      try Partition.open("\(Fixtures.golden)/holdout.blocks", in: disk)
    }
    #expect(failure.code == .data)
    #expect(verified == [failure])
  }

  @Test(arguments: generation) func `of a generation are refused`(forgery: Forgery) throws {
    let manifest = "model/generations/00000001/manifest.json"
    let (failure, verified) = try refusal(forgery, of: manifest) { disk throws(Failure) in
      try ModelDirectory.open("\(Fixtures.golden)/model", in: disk).facts(ofGeneration: 1)
    }
    #expect(failure.code == .data)
    #expect(verified.first == failure)
  }

  /// Without rows there is nothing to train on and nothing to answer with.
  @Test func `of a partition of nobody are refused`() throws {
    let path = "\(Fixtures.golden)/holdout.blocks/manifest.json"
    var text = String(decoding: try Fixtures.bytes(path), as: UTF8.self)
    for count in 1...8 {
      for member in ["rowCount", "ratingCount", "distinctColumnCount", "longestRow"] {
        text = text.replacing("\"\(member)\" : \(count)", with: "\"\(member)\" : 0")
      }
    }
    text = text.replacing("userCount\" : 3", with: "userCount\" : 0")
      .replacing("itemCount\" : 4", with: "itemCount\" : 0")
    for start in 2...4 { text = text.replacing("  \(start)", with: "  0") }
    let disk = AlteredFileSystem(files: [path: ManifestForge.seal(text)])
    let failure = try #require(throws: Failure.self) {
      _ = try Partition.open("\(Fixtures.golden)/holdout.blocks", in: disk)
    }
    #expect(failure.code == .data && failure.message == "0 users")
  }

  /// To decode it would take twenty times its length of memory.
  @Test func `that are long without the files for it are not decoded`() throws {
    let path = "\(Fixtures.golden)/holdout.blocks/manifest.json"
    let golden = String(decoding: try Fixtures.bytes(path), as: UTF8.self)
    for (length, isRead) in [(60_000, true), (200_000, false)] {
      let padding = String(repeating: "[],", count: length / 3)
      let text = golden.replacing("\"format\"", with: "\"more\" : [\(padding)1], \"format\"")
      let disk = AlteredFileSystem(files: [path: ManifestForge.seal(text)])
      var failure: Failure?
      do throws(Failure) {
        _ = try Partition.open("\(Fixtures.golden)/holdout.blocks", in: disk)
      } catch {
        failure = error
      }
      #expect((failure == nil) == isRead)
      #expect(isRead || failure?.message.hasSuffix(" bytes are no manifest of 8 files") == true)
    }
  }
}
