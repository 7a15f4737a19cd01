import BlockMatrix
import BlockStore

/// A way to damage a golden file, and the file that it gives.
struct DamagedFile {
  /// The name of the case, and of the file in `Partitions/Damaged`.
  let name: String
  /// The golden file in whose place it stands.
  let replaces: String
  let bytes: [UInt8]
}

/// Damaged shards of ratings, ids and hold-out.
///
/// But for those that say otherwise, every checksum in them is right: they break the rule that
/// their name tells.
enum DamagedShards {
  static let shard = "ratings.blocks/users-00000.csr"

  /// Damaged headers.
  static func headers(_ golden: [UInt8]) throws(Failure) -> [DamagedFile] {
    let forge = ShardForge(golden)
    func fixed(_ name: String, _ value: UInt64, at offset: Int, bytes: Int) -> DamagedFile {
      var forge = forge
      forge.set(value, at: offset, bytes: bytes)
      return DamagedFile(name: name, replaces: shard, bytes: forge.file())
    }
    var textMode = golden
    textMode.remove(at: 5)
    var flipped = golden
    flipped[33] ^= 1
    var tooMany = golden
    tooMany[18] = 200
    var longer = forge
    longer.fileLength = UInt64(golden.count) + 1
    return [
      DamagedFile(name: "empty.csr", replaces: shard, bytes: []),
      DamagedFile(name: "header-cut.csr", replaces: shard, bytes: Array(golden[..<50])),
      DamagedFile(name: "magic-after-text-transfer.csr", replaces: shard, bytes: textMode),
      DamagedFile(name: "header-flipped-bit.csr", replaces: shard, bytes: flipped),
      DamagedFile(name: "section-count-too-large.csr", replaces: shard, bytes: tooMany),
      DamagedFile(name: "file-length-wrong.csr", replaces: shard, bytes: longer.file()),
      fixed("newer-format.csr", 2, at: 8, bytes: 2),
      fixed("unknown-flag.csr", 1, at: 12, bytes: 4),
      fixed("unknown-kind.csr", 9, at: 16, bytes: 1),
      fixed("unknown-side.csr", 2, at: 17, bytes: 1),
      fixed("other-side.csr", 1, at: 17, bytes: 1),
      fixed("other-block.csr", 1, at: 20, bytes: 4),
      fixed("row-count-huge.csr", 1 << 62, at: 32, bytes: 8),
      fixed("row-count-beyond-63-bits.csr", 1 << 63, at: 32, bytes: 8),
      fixed("rating-count-huge.csr", 1 << 62, at: 40, bytes: 8),
      fixed("distinct-columns-too-many.csr", 5, at: 48, bytes: 8),
    ]
  }

  /// Damaged section tables and sections.
  static func sections(_ golden: [UInt8]) throws(Failure) -> [DamagedFile] {
    let forge = ShardForge(golden)
    func changed(_ name: String, _ change: (inout ShardForge) -> Void) -> DamagedFile {
      var forge = forge
      change(&forge)
      return DamagedFile(name: name, replaces: shard, bytes: forge.file())
    }
    let second = try Zstandard.compress([1])
    var flipped = golden
    flipped[golden.count - 1] ^= 1
    return [
      changed("unknown-section.csr") { $0.sections[1].kind = 99 },
      changed("unknown-codec.csr") { $0.sections[1].codec = 2 },
      changed("section-gap.csr") { $0.sections[1].offset = 280 },
      changed("section-overlaps.csr") { $0.sections[1].offset = 264 },
      changed("section-beyond-file.csr") { $0.sections[3].storedCount = 1 << 62 },
      changed("section-expands-to-a-terabyte.csr") { $0.sections[1].rawCount = 1 << 40 },
      changed("bytes-after-last-section.csr") { $0.end = [0] },
      changed("section-missing.csr") { $0.sections.removeLast() },
      changed("sections-swapped.csr") { $0.sections.swapAt(0, 1) },
      DamagedFile(name: "section-flipped-bit.csr", replaces: shard, bytes: flipped),
      changed("section-raw-length-wrong.csr") { $0.sections[3].rawCount = 7 },
      changed("frame-of-other-length.csr") { $0.sections[1].rawCount = 7 },
      changed("frame-followed-by-another.csr") { $0.sections[1].stored += second },
      changed("frame-checksum-wrong.csr") {
        $0.sections[1].stored[$0.sections[1].stored.count - 1] ^= 1
      },
      changed("frame-is-none.csr") { $0.sections[1].stored[0] = 0 },
      changed("raw-checksum-wrong.csr") { $0.sections[1].rawChecksum = 1 },
    ]
  }

  /// Sections that are whole and say what cannot be.
  static func contents(_ golden: [UInt8], plain: [UInt8]) throws(Failure) -> [DamagedFile] {
    func replaced(
      _ name: String, _ kind: UInt32, _ raw: [UInt8], in file: [UInt8]? = nil,
      replaces: String = shard
    ) throws(Failure) -> DamagedFile {
      var forge = ShardForge(file ?? golden)
      try forge.replace(kind, with: raw)
      return DamagedFile(name: name, replaces: replaces, bytes: forge.file())
    }
    return [
      try replaced("counts-sum-too-small.csr", 1, [3, 2]),
      try replaced("counts-cut-in-a-number.csr", 1, [3, 0x83]),
      try replaced("counts-number-too-long.csr", 1, [3, 0x83, 0]),
      try replaced("column-too-large.csr", 2, [0, 1, 1, 0, 1, 3]),
      try replaced("columns-too-few.csr", 2, [0, 1, 0x81, 1, 0, 0x81, 1]),
      try replaced("columns-beyond-32-bits.csr", 2, [0, 1, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 1]),
      try replaced("code-beyond-dictionary.csr", 4, [4, 1, 2, 0, 4, 5]),
      try replaced("dictionary-descends.csr", 3, floats([2, 3, 4.5, 4, 5])),
      try replaced("dictionary-not-a-number.csr", 3, floats([2, 3, 4, 4.5, .nan])),
      try replaced("dictionary-too-large.csr", 3, floats((0...256).map { Float($0) })),
      try replaced(
        "value-infinite.csr", 5, floats([5, 3, 4, 2, .infinity, 4.5]), in: plain,
        replaces: "holdout.blocks/users-00000.csr"),
    ]
  }

  /// Damaged ids: the last four are for `verify`, as readers do not compare ids.
  static func ids(_ golden: [UInt8]) throws(Failure) -> [DamagedFile] {
    func ids(_ name: String, _ changes: (inout ShardForge) throws(Failure) -> Void)
      throws(Failure) -> DamagedFile
    {
      var forge = ShardForge(golden)
      try changes(&forge)
      return DamagedFile(name: name, replaces: "ratings.blocks/users.ids", bytes: forge.file())
    }
    func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    return [
      try ids("id-bytes-too-few.ids") { forge throws(Failure) in
        try forge.replace(7, with: bytes("annzoëbo"))
      },
      try ids("counts-sum-wrong.ids") { forge throws(Failure) in
        try forge.replace(1, with: [3, 3, 3])
      },
      try ids("ids-of-items.ids") { $0.set(1, at: 17, bytes: 1) },
      try ids("one-id-too-few.ids") { forge throws(Failure) in
        forge.set(2, at: 32, bytes: 8)
        try forge.replace(6, with: [3, 4])
        try forge.replace(7, with: bytes("annzoë"))
        try forge.replace(1, with: [4, 4])
      },
      try ids("ids-out-of-order.ids") { forge throws(Failure) in
        try forge.replace(6, with: [4, 3, 3])
        try forge.replace(7, with: bytes("zoëannbob"))
      },
      try ids("id-twice.ids") { forge throws(Failure) in
        try forge.replace(6, with: [3, 4, 3])
        try forge.replace(7, with: bytes("annzoëann"))
      },
      try ids("id-without-rating.ids") { forge throws(Failure) in
        try forge.replace(1, with: [4, 4, 0])
      },
      try ids("counts-not-those-of-rows.ids") { forge throws(Failure) in
        try forge.replace(1, with: [4, 3, 1])
      },
    ]
  }

  /// Damaged hold-outs.
  static func holdout(_ golden: [UInt8]) throws(Failure) -> [DamagedFile] {
    func holdout(_ name: String, _ kind: UInt32, _ raw: [UInt8]) throws(Failure) -> DamagedFile {
      var forge = ShardForge(golden)
      try forge.replace(kind, with: raw)
      return DamagedFile(name: name, replaces: "holdout.blocks/holdout.coo", bytes: forge.file())
    }
    return [
      try holdout("holdout-user-too-large.coo", 8, [0, 1, 2]),
      try holdout("holdout-item-too-large.coo", 9, [3, 4, 1]),
      try holdout("holdout-items-descend.coo", 8, [0, 1, 0]),
      try holdout("holdout-value-not-a-number.coo", 5, floats([1.5, .nan, 3.5])),
    ]
  }
}
