import BlockMatrix
import Workers

/// Common numbers for the ids of all chunks, in the order in which workers bring them: they depend
/// on timing, and nothing that is written may.
package final class SharedIds: Sendable {
  private let users = Locked(IdCollector())
  private let items = Locked(IdCollector())

  /// The most ids that a side may have when a chunk is added: more than a chunk can have lie
  /// between this and the largest 32-bit number.
  private static let mostIds = 4_000_000_000

  package init() {}

  /// Gives a chunk's ratings common numbers in place of its own.
  ///
  /// Any thread; each chunk once.
  package func number(_ chunk: inout ParsedChunk) throws(Failure) {
    let users = try Self.add(&chunk.ids.user, .user, to: users)
    let items = try Self.add(&chunk.ids.item, .item, to: items)
    chunk.rows.renumber(users, items)
  }

  /// Gives ids of a side common numbers, with their counts.
  ///
  /// - Precondition: None is empty or holds a zero byte.
  package func number(_ table: IdTable, _ side: Side) throws(Failure) -> [UInt32] {
    switch side {
    case .user: try Self.add(side, to: users) { $0.merge(table) }
    case .item: try Self.add(side, to: items) { $0.merge(table) }
    }
  }

  private static func add(
    _ ids: inout IdCollector, _ side: Side, to shared: borrowing Locked<IdCollector>
  ) throws(Failure) -> [UInt32] {
    // A chunk at a time: ids repeat within it, so that few are left to be looked up under the lock.
    try add(side, to: shared) { $0.merge(&ids) }
  }

  private static func add(
    _ side: Side, to shared: borrowing Locked<IdCollector>,
    _ merge: (inout IdCollector) -> [UInt32]
  ) throws(Failure) -> [UInt32] {
    let numbers = shared.withLock { $0.count > mostIds ? nil : merge(&$0) }
    guard let numbers else {
      throw Failure(.data, "there are more than 4 billion \(side.plural)")
    }
    return numbers
  }

  /// How many ids there are so far, and the length of all of them together.
  package var size: (count: Int, length: Int) {
    let users = users.withLock { ($0.count, $0.idByteCount) }
    let items = items.withLock { ($0.count, $0.idByteCount) }
    return (users.0 + items.0, users.1 + items.1)
  }

  /// The ids by their common numbers; they are given up here.
  package func take() -> PerSide<IdTable> {
    PerSide(user: Self.take(from: users), item: Self.take(from: items))
  }

  private static func take(from shared: borrowing Locked<IdCollector>) -> IdTable {
    shared.withLock { ids in
      let table = ids.table()
      ids = IdCollector()
      return table
    }
  }
}

extension [RatingRow] {
  fileprivate mutating func renumber(_ users: [UInt32], _ items: [UInt32]) {
    for index in indices {
      self[index].user = users[Int(self[index].user)]
      self[index].item = items[Int(self[index].item)]
    }
  }
}
