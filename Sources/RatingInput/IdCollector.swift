import BlockMatrix

/// Ids by number, with the number of times that each was met.
package struct IdList: Sendable {
  /// All ids, one after another.
  package fileprivate(set) var bytes: [UInt8] = []
  /// Where each id begins in `bytes`, and at last its length.
  package fileprivate(set) var offsets: [Int] = [0]
  package fileprivate(set) var counts: [UInt32] = []

  package var count: Int { counts.count }

  /// The id of a number.
  package subscript(index: Int) -> ArraySlice<UInt8> { bytes[offsets[index]..<offsets[index + 1]] }

  /// The memory that the ids take, in bytes.
  package var byteCount: Int { bytes.count + offsets.count * 8 + counts.count * 4 }
}

/// Numbers the ids of one side in the order in which they come: any bytes but zero bytes.
///
/// Two open-addressing tables over one arena: ids of at most 8 bytes are compared as one word,
/// longer ones by hash and then by bytes. The hash is seeded anew in each process, so that no file
/// can be made to collide; nothing that is written depends on it.
package struct IdCollector: Sendable {
  package private(set) var ids = IdList()

  private struct Slot {
    /// The id itself, or the hash of a longer one.
    var key: UInt64 = 0
    /// Its number + 1; 0 where the slot is free.
    var entry: UInt32 = 0
  }

  private var short = [Slot](repeating: Slot(), count: 64)
  private var long = [Slot](repeating: Slot(), count: 64)
  private var shortCount = 0
  private var longCount = 0
  // Files are often sorted by one side: its id is mostly that of the row before.
  private var lastKey: UInt64 = 0
  private var lastIndex: UInt32 = 0
  private let seed: UInt64

  package init(seed: UInt64 = .random(in: .min ... .max)) { self.seed = seed }

  package var count: Int { ids.count }

  /// The memory that the ids and their tables take, in bytes.
  package var byteCount: Int {
    ids.byteCount + (short.count + long.count) * MemoryLayout<Slot>.stride
  }

  /// The most ids that a side may have when a chunk begins: more than a chunk can add lie between
  /// this and the largest 32-bit number.
  static let maximumCount = 4_000_000_000

  /// The number of an id, which is counted, and given the next number where it is new.
  package mutating func index(of id: some Collection<UInt8>) -> UInt32 {
    let padded = Array(id) + [0, 0, 0, 0, 0, 0, 0, 0]
    return unsafe padded.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      return unsafe index(at: base, byteCount: padded.count - 8)
    }
  }

  /// Adds another collector's ids and counts.
  ///
  /// - Returns: For each of the other's numbers, the number here.
  package mutating func merge(_ other: IdCollector) -> [UInt32] {
    var numbers: [UInt32] = []
    numbers.reserveCapacity(other.count)
    for entry in 0..<other.count {
      let number = index(of: other.ids[entry])
      ids.counts[Int(number)] &+= other.ids.counts[entry] &- 1
      numbers.append(number)
    }
    return numbers
  }

  /// The number of the id at `base`, behind which 8 more bytes may be read.
  @inline(__always)
  mutating func index(at base: UnsafeRawPointer, byteCount: Int) -> UInt32 {
    guard byteCount <= 8 else { return unsafe longIndex(at: base, byteCount: byteCount) }
    // Ids hold no zero bytes, so a word padded with zeros stands for one id alone.
    let word = unsafe UInt64(littleEndian: base.loadUnaligned(as: UInt64.self))
    let key = word & (UInt64.max >> UInt64(64 - 8 * byteCount))
    if key == lastKey {
      ids.counts[Int(lastIndex)] &+= 1
      return lastIndex
    }
    let index = shortIndex(key, byteCount: byteCount)
    ids.counts[Int(index)] &+= 1
    lastKey = key
    lastIndex = index
    return index
  }

  @inline(__always)
  private mutating func shortIndex(_ key: UInt64, byteCount: Int) -> UInt32 {
    var slot = Int(truncatingIfNeeded: hash(key)) & (short.count - 1)
    while short[slot].entry != 0 {
      if short[slot].key == key { return short[slot].entry - 1 }
      slot = (slot + 1) & (short.count - 1)
    }
    return addShort(key, byteCount: byteCount, slot: slot)
  }

  @inline(never)
  private mutating func addShort(_ key: UInt64, byteCount: Int, slot: Int) -> UInt32 {
    for position in 0..<byteCount {
      ids.bytes.append(UInt8(truncatingIfNeeded: key >> UInt64(8 * position)))
    }
    let index = addEntry()
    short[slot] = Slot(key: key, entry: index + 1)
    shortCount += 1
    if shortCount * 4 > short.count * 3 { Self.grow(&short, hash: hash) }
    return index
  }

  private mutating func longIndex(at base: UnsafeRawPointer, byteCount: Int) -> UInt32 {
    let buffer = unsafe UnsafeRawBufferPointer(start: base, count: byteCount)
    let key = unsafe hash(base, byteCount)
    var slot = Int(truncatingIfNeeded: key) & (long.count - 1)
    while long[slot].entry != 0 {
      let index = long[slot].entry - 1
      if long[slot].key == key, unsafe ids[Int(index)].elementsEqual(buffer) {
        ids.counts[Int(index)] &+= 1
        return index
      }
      slot = (slot + 1) & (long.count - 1)
    }
    unsafe ids.bytes.append(contentsOf: buffer)
    let index = addEntry()
    ids.counts[Int(index)] = 1
    long[slot] = Slot(key: key, entry: index + 1)
    longCount += 1
    if longCount * 4 > long.count * 3 { Self.grow(&long) { $0 } }
    return index
  }

  private mutating func addEntry() -> UInt32 {
    ids.offsets.append(ids.bytes.count)
    ids.counts.append(0)
    return UInt32(ids.counts.count - 1)
  }

  private static func grow(_ table: inout [Slot], hash: (UInt64) -> UInt64) {
    var larger = [Slot](repeating: Slot(), count: table.count * 2)
    for old in table where old.entry != 0 {
      var slot = Int(truncatingIfNeeded: hash(old.key)) & (larger.count - 1)
      while larger[slot].entry != 0 { slot = (slot + 1) & (larger.count - 1) }
      larger[slot] = old
    }
    table = larger
  }

  @inline(__always)
  private func hash(_ word: UInt64) -> UInt64 {
    let product = (word ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return product.high ^ product.low
  }

  private func hash(_ base: UnsafeRawPointer, _ byteCount: Int) -> UInt64 {
    var bits = seed ^ UInt64(byteCount)
    var position = 0
    while position + 8 <= byteCount {
      bits = unsafe hash(bits ^ base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      position += 8
    }
    // The last word overlaps the one before: a long id has at least 9 bytes.
    return unsafe hash(
      bits ^ base.loadUnaligned(fromByteOffset: byteCount - 8, as: UInt64.self))
  }
}
