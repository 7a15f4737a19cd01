import BlockMatrix

/// Ratings by index, in no blocks: what tests make blocks from, and compare the results with.
package struct RatingMatrix: Sendable, Equatable {
  /// One rating; several of one pair are duplicates that were kept.
  package struct Rating: Sendable, Equatable {
    package var user: Int
    package var item: Int
    package var value: Float

    package init(user: Int, item: Int, value: Float) {
      self.user = user
      self.item = item
      self.value = value
    }

    /// The rating's index on a side.
    package func index(on side: Side) -> Int { side == .user ? user : item }
  }

  package let userCount: Int
  package let itemCount: Int
  /// Ascending by (user, item).
  package let ratings: [Rating]

  package init(userCount: Int, itemCount: Int, ratings: [Rating]) {
    precondition(
      ratings.allSatisfy {
        (0..<userCount).contains($0.user) && (0..<itemCount).contains($0.item)
      })
    self.userCount = userCount
    self.itemCount = itemCount
    // Stable, so that duplicates stay in the order in which they were given.
    self.ratings = ratings.enumerated()
      .sorted {
        ($0.element.user, $0.element.item, $0.offset) < (
          $1.element.user, $1.element.item, $1.offset
        )
      }
      .map(\.element)
  }

  /// The number of rows of a side.
  package func rowCount(_ side: Side) -> Int { side == .user ? userCount : itemCount }

  /// The number of ratings of each of a side's rows.
  package func counts(_ side: Side) -> [UInt32] {
    var counts = [UInt32](repeating: 0, count: rowCount(side))
    for rating in ratings { counts[rating.index(on: side)] += 1 }
    return counts
  }

  /// The ratings of each of a side's rows, columns ascending.
  package func rows(_ side: Side) -> [[(column: Int, value: Float)]] {
    var rows = [[(column: Int, value: Float)]](repeating: [], count: rowCount(side))
    for rating in ratings {
      rows[rating.index(on: side)].append((rating.index(on: side.opposite), rating.value))
    }
    return rows
  }

  /// A grid of balanced blocks, as partitioning makes it.
  package func grid(_ side: Side, blockCount: Int) -> BlockGrid {
    BlockGrid(counts: counts(side), blockCount: blockCount)
  }

  /// All blocks of a side, in order.
  ///
  /// - Parameters:
  ///   - side: The side of the blocks' rows.
  ///   - grid: A grid over the side's rows.
  ///   - isCoded: Whether values are positions in a dictionary; there is room for 256 of them.
  /// - Returns: `grid.blockCount` blocks.
  package func blocks(_ side: Side, grid: BlockGrid, isCoded: Bool = true) -> [RatingBlock] {
    precondition(grid.rowCount == rowCount(side))
    let rows = rows(side)
    return (0..<grid.blockCount).map { block in
      let indices = grid.indices(ofBlock: block)
      var rowOffsets = [0]
      for index in indices { rowOffsets.append((rowOffsets.last ?? 0) + rows[index].count) }
      let columns = rows[indices].flatMap { $0.map { UInt32($0.column) } }
      let values = rows[indices].flatMap { $0.map(\.value) }
      return RatingBlock(
        side: side, block: block, firstIndex: indices.lowerBound, rowOffsets: rowOffsets,
        columns: columns, values: isCoded ? Self.coded(values) : .plain(values),
        distinctColumnCount: Set(columns).count)
    }
  }

  /// All blocks of a side, in a balanced grid.
  package func blocks(_ side: Side, blockCount: Int = 1, isCoded: Bool = true) -> [RatingBlock] {
    blocks(side, grid: grid(side, blockCount: blockCount), isCoded: isCoded)
  }

  /// Values as positions in an ascending dictionary; plain where there are more than 256.
  private static func coded(_ values: [Float]) -> RatingBlock.Values {
    let dictionary = Set(values).sorted()
    guard dictionary.count <= 256 else { return .plain(values) }
    let codes = values.map { value in UInt8(dictionary.firstIndex(of: value) ?? 0) }
    return .coded(codes: codes, dictionary: dictionary)
  }
}
