/// The caller's ids of one side, by index: any bytes, all different.
package struct IdTable: Sendable, Equatable {
  /// All ids, one after another.
  package let bytes: [UInt8]
  /// Where each id begins in `bytes`, and after the last its length: `count + 1` entries.
  package let offsets: [Int]
  /// The number of training ratings of each index.
  package let counts: [UInt32]

  package var count: Int { counts.count }

  /// Takes over the arrays of a table.
  ///
  /// - Precondition: `offsets` has one entry more than `counts`, begins with 0, does not descend
  ///   and ends with the length of `bytes`.
  package init(bytes: [UInt8], offsets: [Int], counts: [UInt32]) {
    precondition(offsets.count == counts.count + 1)
    precondition(offsets.first == 0 && offsets.last == bytes.count)
    self.bytes = bytes
    self.offsets = offsets
    self.counts = counts
  }

  /// Puts a table together from its ids.
  package init(_ ids: some Collection<some Collection<UInt8>>, counts: [UInt32]) {
    var bytes: [UInt8] = []
    for id in ids { bytes += id }
    self.init(bytes: bytes, offsets: ids.lazy.map(\.count).offsets, counts: counts)
  }

  /// For each id its index in another table; `nil` where the other has no such id.
  ///
  /// - Complexity: O(bytes of all ids of both).
  package func indices(in other: IdTable) -> [UInt32?] {
    let lookup = IdLookup(other)
    return (0..<count).map { lookup.index(of: self[$0]).map { UInt32($0) } }
  }

  /// The id of an index.
  package subscript(index: Int) -> ArraySlice<UInt8> { bytes[offsets[index]..<offsets[index + 1]] }
}

/// Finds the index of an id: an open-addressing table over an ``IdTable``.
package struct IdLookup: Sendable {
  package let table: IdTable
  /// Index + 1 in the slot that an id hashes to, or the next free one; 0 is free.
  private let slots: [UInt32]

  /// - Complexity: O(bytes of all ids).
  package init(_ table: IdTable) {
    var capacity = 16
    while capacity < table.count * 2 { capacity *= 2 }
    var slots = [UInt32](repeating: 0, count: capacity)
    for index in 0..<table.count {
      var slot = Self.hash(table[index]) & (capacity - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (capacity - 1) }
      slots[slot] = UInt32(index + 1)
    }
    self.table = table
    self.slots = slots
  }

  /// The index of an id; `nil` where the id is unknown.
  package func index(of id: some Collection<UInt8>) -> Int? {
    var slot = Self.hash(id) & (slots.count - 1)
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if table[index].elementsEqual(id) { return index }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private static func hash(_ id: some Collection<UInt8>) -> Int {
    // Seeded anew in each process, so that no input can be made to collide.
    var hasher = Hasher()
    for byte in id { hasher.combine(byte) }
    return hasher.finalize() & Int.max
  }
}
