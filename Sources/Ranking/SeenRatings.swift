import BlockMatrix
import BlockStore

/// The training ratings of a partition, as items that users have seen, by a model's indices.
package final class SeenRatings: Sendable {
  private let partition: Partition
  /// The partition's index of each of the model's users; `nil` where the indices are the same.
  private let partitionUsers: [UInt32?]?
  /// The model's index of each of the partition's items; `nil` where the indices are the same.
  private let modelItems: [UInt32?]?

  /// Ratings of a partition, by its own indices.
  package init(_ partition: Partition) throws(Failure) {
    self.partition = partition
    partitionUsers = nil
    modelItems = nil
  }

  /// - Parameter isOwn: Whether the model was trained on this partition: then indices are the same.
  package init(_ partition: Partition, model: FactorModel, isOwn: Bool) throws(Failure) {
    self.partition = partition
    if isOwn {
      partitionUsers = nil
      modelItems = nil
    } else {
      partitionUsers = Self.map(model.ids.user, to: try partition.readIds(.user))
      modelItems = Self.map(try partition.readIds(.item), to: model.ids.item)
    }
  }

  /// For each id of a table its index in another.
  static func map(_ table: IdTable, to other: IdTable) -> [UInt32?] {
    let lookup = IdLookup(other)
    return (0..<table.count).map { lookup.index(of: table[$0]).map { UInt32($0) } }
  }

  /// The items that users have seen, ascending.
  ///
  /// - Parameter users: The model's indices, in any order.
  /// - Complexity: Each block that has one of the users is read once.
  package func items(ofUsers users: [UInt32]) throws(Failure) -> SeenItems {
    let grid = partition.facts.grids.user
    // The rows to copy, by block: (position among the users, index in the partition).
    var wanted: [Int: [(position: Int, index: Int)]] = [:]
    for (position, user) in users.enumerated() {
      let known = partitionUsers.map { $0[Int(user)].map { Int($0) } } ?? Int(user)
      guard let index = known else { continue }
      wanted[grid.block(containing: index), default: []].append((position, index))
    }
    var rows = [ArraySlice<UInt32>](repeating: [], count: users.count)
    for block in wanted.keys.sorted() {
      let ratings = try partition.readBlock(block, of: .user)
      for (position, index) in wanted[block] ?? [] {
        let columns = ratings.columns[ratings.ratings(ofRow: index - ratings.firstIndex)]
        rows[position] =
          modelItems.map { items in columns.compactMap { items[Int($0)] }.sorted()[...] }
          ?? columns
      }
    }
    return SeenItems(rows)
  }
}

/// The items that some users have seen, ascending for each.
package struct SeenItems: Sendable {
  private let starts: [Int]
  private let items: [UInt32]

  /// Copies the items of each position, ascending.
  package init(_ rows: [ArraySlice<UInt32>]) {
    var starts = [0]
    var items: [UInt32] = []
    items.reserveCapacity(rows.reduce(0) { $0 + $1.count })
    for row in rows {
      items += row
      starts.append(items.count)
    }
    self.starts = starts
    self.items = items
  }

  /// Takes over a block of ratings, its users as positions.
  ///
  /// - Parameters:
  ///   - block: Of either side; columns ascend, none twice in a row.
  ///   - userCount: The users of the ratings: the block's rows, or more than its columns.
  /// - Complexity: O(ratings + users).
  init(_ block: RatingBlock, userCount: Int) {
    guard block.side == .item else {
      starts = block.rowOffsets
      items = block.columns
      return
    }
    var starts = [Int](repeating: 0, count: userCount + 1)
    for user in block.columns { starts[Int(user) + 1] += 1 }
    for user in 0..<userCount { starts[user + 1] += starts[user] }
    var next = starts
    var items = [UInt32](repeating: 0, count: block.ratingCount)
    for row in 0..<block.rowCount {
      for user in block.columns[block.ratings(ofRow: row)] {
        items[next[Int(user)]] = UInt32(row)
        next[Int(user)] += 1
      }
    }
    self.starts = starts
    self.items = items
  }

  /// The items of the user at a position.
  package subscript(position: Int) -> ArraySlice<UInt32> {
    items[starts[position]..<starts[position + 1]]
  }
}
