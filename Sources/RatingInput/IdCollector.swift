import BlockMatrix

/// Numbers the ids of one side in the order in which they come: any bytes but zero bytes.
///
/// Two open-addressing tables over one arena: ids of at most 8 bytes are compared as one word,
/// longer ones by hash and then by bytes. The hash is seeded anew in each process, so that no file
/// can be made to collide; nothing that is written depends on it.
package struct IdCollector: Sendable {
  /// All ids, one after another.
  private var bytes: [UInt8] = []
  /// Where each id begins in `bytes`, and at last its length.
  private var offsets: [Int] = [0]
  private var counts: [UInt32] = []

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

  package var count: Int { counts.count }

  /// The length of all ids together.
  package var idByteCount: Int { bytes.count }

  /// The id of a number.
  package subscript(number: Int) -> ArraySlice<UInt8> {
    bytes[offsets[number]..<offsets[number + 1]]
  }

  /// The ids by number, and how often each was met.
  package consuming func table() -> IdTable {
    IdTable(bytes: bytes, offsets: offsets, counts: counts)
  }

  /// Forgets all ids, and keeps the memory for others.
  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    offsets.removeAll(keepingCapacity: true)
    offsets.append(0)
    counts.removeAll(keepingCapacity: true)
    if shortCount > 0 { for slot in short.indices { short[slot] = Slot() } }
    if longCount > 0 { for slot in long.indices { long[slot] = Slot() } }
    (shortCount, longCount) = (0, 0)
    // No id's key: ids are not empty and hold no zero bytes.
    lastKey = 0
  }

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
  package mutating func merge(_ other: inout IdCollector) -> [UInt32] {
    // Short ids are read as whole words, the last one too.
    other.bytes.append(contentsOf: repeatElement(0, count: 8))
    defer { other.bytes.removeLast(8) }
    return merge(padded: other.bytes, offsets: other.offsets, counts: other.counts)
  }

  /// Adds ids and their counts; returns the number here of each.
  mutating func merge(_ table: IdTable) -> [UInt32] {
    merge(
      padded: table.bytes + repeatElement(0, count: 8), offsets: table.offsets,
      counts: table.counts)
  }

  private mutating func merge(
    padded: [UInt8], offsets: [Int], counts others: [UInt32]
  ) -> [UInt32] {
    var numbers: [UInt32] = []
    numbers.reserveCapacity(others.count)
    unsafe padded.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      for entry in others.indices {
        let start = offsets[entry]
        let number = unsafe index(at: base + start, byteCount: offsets[entry + 1] - start)
        // One of them was counted when it was looked up.
        counts[Int(number)] &+= others[entry] &- 1
        numbers.append(number)
      }
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
      counts[Int(lastIndex)] &+= 1
      return lastIndex
    }
    let index = shortIndex(key, byteCount: byteCount)
    counts[Int(index)] &+= 1
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
      bytes.append(UInt8(truncatingIfNeeded: key >> UInt64(8 * position)))
    }
    let index = addEntry()
    short[slot] = Slot(key: key, entry: index + 1)
    shortCount += 1
    // Three quarters at the most: beyond that, searches for a free place grow long.
    if shortCount * 4 > short.count * 3 { grow(\.short, isLong: false) }
    return index
  }

  private mutating func longIndex(at base: UnsafeRawPointer, byteCount: Int) -> UInt32 {
    let buffer = unsafe UnsafeRawBufferPointer(start: base, count: byteCount)
    let key = unsafe hash(base, byteCount)
    var slot = Int(truncatingIfNeeded: key) & (long.count - 1)
    while long[slot].entry != 0 {
      let index = long[slot].entry - 1
      if long[slot].key == key, unsafe self[Int(index)].elementsEqual(buffer) {
        counts[Int(index)] &+= 1
        return index
      }
      slot = (slot + 1) & (long.count - 1)
    }
    unsafe bytes.append(contentsOf: buffer)
    let index = addEntry()
    counts[Int(index)] = 1
    long[slot] = Slot(key: key, entry: index + 1)
    longCount += 1
    if longCount * 4 > long.count * 3 { grow(\.long, isLong: true) }
    return index
  }

  private mutating func addEntry() -> UInt32 {
    offsets.append(bytes.count)
    counts.append(0)
    return UInt32(counts.count - 1)
  }

  /// Doubles the table of short or long ids.
  ///
  /// It grows from the ids, not from the smaller table, which is given up before: both together
  /// would be the most memory that ids ever take.
  private mutating func grow(_ table: WritableKeyPath<Self, [Slot]>, isLong: Bool) {
    let size = self[keyPath: table].count * 2
    self[keyPath: table] = []
    var larger = [Slot](repeating: Slot(), count: size)
    for number in 0..<count where (offsets[number + 1] - offsets[number] > 8) == isLong {
      let key = key(of: number)
      var slot = Int(truncatingIfNeeded: isLong ? key : hash(key)) & (size - 1)
      while larger[slot].entry != 0 { slot = (slot + 1) & (size - 1) }
      larger[slot] = Slot(key: key, entry: UInt32(number) + 1)
    }
    self[keyPath: table] = larger
  }

  /// The short id itself, or the hash of a long one.
  private func key(of number: Int) -> UInt64 {
    let id = self[number]
    guard id.count > 8 else { return id.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    return unsafe id.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      return unsafe hash(base, buffer.count)
    }
  }

  @inline(__always)
  private func hash(_ word: UInt64) -> UInt64 {
    // Both halves of the product: the low bits, which choose the place, then depend on all of the
    // id.
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
