import BlockMatrix
import BlockStore
import TestSupport
import Testing

@Suite struct `Damaged files` {
  /// All damaged files, made from the golden ones.
  static func make() throws -> [DamagedFile] {
    func golden(_ name: String) throws -> [UInt8] {
      try Fixtures.bytes("\(Fixtures.golden)/\(name)")
    }
    let shard = try golden(DamagedShards.shard)
    let manifest = try golden("ratings.blocks/manifest.json")
    let generation = try golden("model/generations/00000001/manifest.json")
    return try DamagedShards.headers(shard) + DamagedShards.sections(shard)
      + DamagedShards.contents(shard, plain: golden("holdout.blocks/users-00000.csr"))
      + DamagedShards.ids(golden("ratings.blocks/users.ids"))
      + DamagedShards.holdout(golden("holdout.blocks/holdout.coo"))
      + DamagedOthers.manifests(manifest, generation: generation)
      + DamagedOthers.factors(
        golden("model/generations/00000001/users-00000.safetensors"), generation: generation)
      + DamagedOthers.logs(golden("model/training.jsonl"))
  }

  @Test(.enabled(if: Fixtures.target != nil))
  func `are written anew`() throws {
    let folder = (Fixtures.target ?? "") + "/Damaged"
    try PosixFileSystem().makeDirectory(folder, withParents: true)
    for file in try Self.make() {
      try PosixFileSystem().writeDurably(file.bytes, to: "\(folder)/\(file.name)")
    }
  }

  /// What `verify` says of a golden directory with a damaged file in it.
  ///
  /// The manifest above it knows the damaged file as its own, so that what is wrong in it shows.
  static func verify(_ name: String, in place: String) throws -> [String] {
    let golden = Fixtures.golden + "/" + place
    let bytes = try Fixtures.bytes("\(Fixtures.damaged)/\(name)")
    let folder = Path.parent(of: golden)
    var files = [golden: bytes]
    if !place.hasSuffix("json"), !place.hasSuffix("jsonl") {
      let manifest = "\(folder)/manifest.json"
      files[manifest] = ManifestForge.adopt(
        bytes, for: try Fixtures.bytes(golden), in: try Fixtures.bytes(manifest))
    }
    let top = Fixtures.golden + "/" + (place.split(separator: "/").first ?? "")
    let verification = try Verification.run(
      top, in: AlteredFileSystem(files: files), workers: 1)
    return verification.failures.map { failure in
      "\(failure.code.rawValue) "
        + failure.description.split(separator: "\n")[0].replacing(Fixtures.golden + "/", with: "")
    }
  }

  @Test func `are refused, each for its reason`() throws {
    for expected in try DamagedExpectation.all() {
      #expect(
        try Self.verify(expected.name, in: expected.replaces) == expected.failures,
        "\(expected.name)")
    }
  }

  @Test func `all stand in the format document`() throws {
    let names = try PosixFileSystem().list(Fixtures.damaged)
    #expect(try DamagedExpectation.all().map(\.name).sorted() == names && names.count > 60)
  }
}
