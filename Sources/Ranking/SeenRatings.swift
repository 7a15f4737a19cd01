import BlockMatrix
import BlockStore

/// The training ratings of a partition, as what rows of a side have rated or were rated by, in a
/// model's indices.
package final class SeenRatings: Sendable {
  /// Whether the model was trained on these very ratings: then indices are the same.
  package let isOwn: Bool
  /// How many of the model's users and items the partition has.
  package let known: PerSide<Int>
  private let side: Side
  private let partition: Partition
  /// The partition's index of each of the model's rows; `nil` where the indices are the same.
  private let partitionRows: [UInt32?]?
  /// The model's index of each of the partition's columns; `nil` where the indices are the same.
  private let modelColumns: [UInt32?]?

  /// The items of a partition's users, by its own indices.
  package init(_ partition: Partition) {
    self.partition = partition
    side = .user
    isOwn = true
    known = PerSide(user: partition.facts.userCount, item: partition.facts.itemCount)
    partitionRows = nil
    modelColumns = nil
  }

  /// - Parameters:
  ///   - side: Whose rows are asked for: the items of users, or the users of items.
  ///   - isOwn: Whether the model was trained on this partition.
  package init(
    _ partition: Partition, model: FactorModel, isOwn: Bool, of side: Side = .user
  ) throws(Failure) {
    self.partition = partition
    self.side = side
    self.isOwn = isOwn
    var known = PerSide(user: model.ids.user.count, item: model.ids.item.count)
    // After an update the model has rows that the partition does not have.
    if isOwn, known.user == partition.facts.userCount, known.item == partition.facts.itemCount {
      partitionRows = nil
      modelColumns = nil
    } else {
      let rows = model.ids[side].indices(in: try partition.readIds(side))
      let columns = try partition.readIds(side.opposite).indices(
        in: model.ids[side.opposite])
      known[side] = rows.count { $0 != nil }
      known[side.opposite] = columns.count { $0 != nil }
      partitionRows = rows
      modelColumns = columns
    }
    self.known = known
  }

  /// What is asked for again and again.
  package var source: SeenSource {
    { rows throws(Failure) in try self.columns(ofRows: rows) }
  }

  /// The other side of the ratings of some rows, ascending for each.
  ///
  /// - Parameter indices: The model's, in any order.
  /// - Complexity: Each block that has one of the rows is read once.
  package func columns(ofRows indices: [UInt32]) throws(Failure) -> SeenItems {
    let grid = partition.facts.grids[side]
    // The rows to copy, by block: (position among the rows, index in the partition).
    var wanted: [Int: [(position: Int, index: Int)]] = [:]
    for (position, row) in indices.enumerated() {
      let known = partitionRows.map { $0[Int(row)].map { Int($0) } } ?? Int(row)
      guard let index = known else { continue }
      wanted[grid.block(containing: index), default: []].append((position, index))
    }
    var rows = [ArraySlice<UInt32>](repeating: [], count: indices.count)
    for block in wanted.keys.sorted() {
      let ratings = try partition.readBlock(block, of: side)
      for (position, index) in wanted[block] ?? [] {
        let columns = ratings.columns[ratings.ratings(ofRow: index - ratings.firstIndex)]
        rows[position] =
          modelColumns.map { known in columns.compactMap { known[Int($0)] }.sorted()[...] }
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
