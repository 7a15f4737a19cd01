import BlockMatrix
import BlockStore

/// Damaged manifests, factor shards and logs.
enum DamagedOthers {
  static func manifests(_ golden: [UInt8], generation: [UInt8]) -> [DamagedFile] {
    func replaced(_ name: String, _ old: String, _ new: String) -> DamagedFile {
      DamagedFile(
        name: name, replaces: "ratings.blocks/manifest.json",
        bytes: ManifestForge.replace(old, with: new, in: golden))
    }
    func file(_ name: String, _ bytes: [UInt8]) -> DamagedFile {
      DamagedFile(name: name, replaces: "ratings.blocks/manifest.json", bytes: bytes)
    }
    var flipped = golden
    flipped[100] ^= 1
    return [
      file("manifest-empty.json", []),
      file("manifest-cut.json", Array(golden.dropLast(1))),
      file("manifest-flipped-bit.json", flipped),
      file("manifest-of-a-generation.json", generation),
      file(
        "manifest-no-json.json", ManifestForge.seal("{" + String(decoding: golden, as: UTF8.self))),
      replaced("manifest-newer-format.json", "\"format\" : 1", "\"format\" : 2"),
      replaced("manifest-without-digest.json", "\"digest\"", "\"digets\""),
      replaced("manifest-count-is-text.json", "\"userCount\" : 3", "\"userCount\" : \"3\""),
      replaced(
        "manifest-grid-descends.json", "0,\n        2,\n        4", "0,\n        5,\n        4"),
      replaced("manifest-other-user-count.json", "\"userCount\" : 3", "\"userCount\" : 4"),
      replaced("manifest-other-rating-count.json", "\"ratingCount\" : 5", "\"ratingCount\" : 6"),
      replaced("manifest-other-longest-row.json", "\"longestRow\" : 3", "\"longestRow\" : 4"),
      replaced("manifest-other-digest.json", "\"digest\" : \"9", "\"digest\" : \"8"),
      replaced("manifest-other-values.json", "\"highestValue\" : 5", "\"highestValue\" : 6"),
    ]
  }

  static func factors(
    _ golden: [UInt8], generation: [UInt8]
  ) -> [DamagedFile] {
    let folder = "model/generations/00000001"
    func file(_ name: String, _ bytes: [UInt8]) -> DamagedFile {
      DamagedFile(name: name, replaces: "\(folder)/users-00000.safetensors", bytes: bytes)
    }
    func manifest(_ name: String, _ old: String, _ new: String) -> DamagedFile {
      DamagedFile(
        name: name, replaces: "\(folder)/manifest.json",
        bytes: ManifestForge.replace(old, with: new, in: generation))
    }
    let data = golden.count - 16
    var shape = golden
    shape.replaceSubrange(
      8..<golden.count - 16, with: golden[8..<data].map { $0 == 0x32 ? 0x33 : $0 })
    var headerLength = golden
    headerLength.replaceSubrange(0..<8, with: [UInt8](repeating: 0xFF, count: 7) + [0x7F])
    return [
      file("factors-cut.safetensors", Array(golden.dropLast(4))),
      file("factors-other-shape.safetensors", shape),
      file("factors-header-length-huge.safetensors", headerLength),
      file("factor-not-a-number.safetensors", golden.dropLast(4) + floats([.nan])),
      manifest("generation-other-iteration.json", "\"iteration\" : 1", "\"iteration\" : 2"),
      manifest(
        "generation-rank-huge.json", "\"rank\" : 2,\n    \"shards\"",
        "\"rank\" : 4611686018427387904,\n    \"shards\""),
      manifest(
        "generation-other-rank.json", "\"rank\" : 2,\n    \"shards\"",
        "\"rank\" : 3,\n    \"shards\""),
      manifest(
        "generation-without-history.json", "\"rmse\" : 0.25\n      }",
        "\"rmse\" : 0.25\n      },\n      {\n        \"objective\" : 1\n      }"),
      manifest("generation-other-ids.json", "fa50369f244dc14d", "fa50369f244dc14e"),
    ]
  }

  static func logs(_ golden: [UInt8]) -> [DamagedFile] {
    var flipped = golden
    flipped[20] ^= 1
    let lines = golden.split(separator: 10).map { Array($0) + [10] }
    return [
      ("log-torn.jsonl", Array(golden.dropLast(20))),
      ("log-flipped-bit.jsonl", flipped),
      ("log-lines-swapped.jsonl", lines.reversed().flatMap(\.self)),
    ]
    .map { DamagedFile(name: $0.0, replaces: "model/training.jsonl", bytes: $0.1) }
  }
}
