import BlockMatrix

/// Checksums of contents that do not depend on how they are cut into blocks.
package enum Digest {
  /// A number for each row of a block: the row's ratings alone decide it.
  ///
  /// XXH3-64 of the row's values, each a float, seeded with XXH3-64 of the row's columns, each a
  /// 32-bit number.
  static func rows(of block: RatingBlock) -> [UInt64] {
    // Values, not codes: with another dictionary these are the same ratings.
    let values: [Float] =
      switch block.values {
      case .plain(let plain): plain
      case .coded(let codes, let dictionary): codes.map { dictionary[Int($0)] }
      }
    return (0..<block.rowCount).map { row in
      let range = block.ratings(ofRow: row)
      return unsafe block.columns.withUnsafeBytes { columns in
        unsafe values.withUnsafeBytes { values in
          let bytes = range.lowerBound * 4..<range.upperBound * 4
          let seed = unsafe Checksum.xxh3(UnsafeRawBufferPointer(rebasing: columns[bytes]))
          return unsafe Checksum.xxh3(UnsafeRawBufferPointer(rebasing: values[bytes]), seed: seed)
        }
      }
    }
  }

  /// A sum over a block's ratings that does not depend on their order, nor on which side the rows
  /// are: both orientations of the same ratings have the same.
  static func unordered(_ block: RatingBlock) -> UInt64 {
    var sum: UInt64 = 0
    let shifts: (row: UInt64, column: UInt64) = block.side == .user ? (32, 0) : (0, 32)
    for row in 0..<block.rowCount {
      let own = UInt64(block.firstIndex + row) << shifts.row
      for position in block.ratings(ofRow: row) {
        let pair = own | UInt64(block.columns[position]) << shifts.column
        // Added, so that no order matters: the two orientations meet ratings in different ones.
        sum &+= mixed(pair, block.value(at: position))
      }
    }
    return sum
  }

  /// Spreads a rating over 64 bits (the finaliser of SplitMix64, with the value between its steps).
  private static func mixed(_ pair: UInt64, _ value: Float) -> UInt64 {
    var bits = pair &* 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ (bits >> 30) ^ UInt64(value.bitPattern)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// XXH3-128 of a partition's content: sizes, the users' rows in index order, the ids, and the
  /// ratings that were kept back.
  static func partition(
    userRows: [UInt64], ratingCount: Int, ids: PerSide<IdDigest>, holdout: UInt64
  ) throws(Failure) -> String {
    var checksum = try StreamingChecksum()
    var sizes = ByteEncoder()
    sizes.put(UInt64(ids.user.count))
    sizes.put(UInt64(ids.item.count))
    sizes.put(UInt64(ratingCount))
    checksum.add(sizes.bytes)
    checksum.add(userRows.memoryBytes)
    var rest = ByteEncoder()
    rest.put(ids.user.checksum)
    rest.put(ids.item.checksum)
    rest.put(holdout)
    checksum.add(rest.bytes)
    return checksum.digest128
  }

  /// XXH3-64 over the hold-out: its users, seeding its items, seeding its values.
  static func holdout(_ ratings: HoldoutRatings) -> UInt64 {
    let users = Checksum.xxh3(ratings.users.memoryBytes)
    let items = Checksum.xxh3(ratings.items.memoryBytes, seed: users)
    return Checksum.xxh3(ratings.values.memoryBytes, seed: items)
  }

  /// XXH3-128 over users' then items' factors (and biases) in index order, without padding.
  ///
  /// Rows that are in files are read some at a time.
  package static func factors(_ factors: PerSide<FactorRows>) throws(Failure) -> String {
    var checksum = try StreamingChecksum()
    for side in Side.allCases {
      let rows = factors[side]
      var sizes = ByteEncoder()
      sizes.put(UInt64(rows.count))
      sizes.put(UInt64(rows.rank))
      sizes.put(UInt64(rows.hasBias ? 1 : 0))
      checksum.add(sizes.bytes)
      for range in rows.ranges {
        let table = try rows.table(of: range)
        checksum.add(table.bytes(of: 0..<table.rowCount, columns: 0..<table.width))
      }
    }
    return checksum.digest128
  }
}

/// A side's ids, as far as a digest needs them.
struct IdDigest: Equatable, Sendable {
  let count: Int
  /// XXH3-64 of all ids' bytes, seeded with XXH3-64 of their lengths, each a 64-bit number.
  let checksum: UInt64

  init(_ table: IdTable) {
    count = table.count
    let lengths = zip(table.offsets, table.offsets.dropFirst()).map { UInt64($1 - $0) }
    checksum = Checksum.xxh3(table.bytes, seed: Checksum.xxh3(lengths.memoryBytes))
  }
}
