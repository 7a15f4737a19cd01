import BlockMatrix

/// The worked matrix: three users, four items, eight ratings, small enough to draw.
///
/// |      | Alien | Brazil | Dune | Casablanca |
/// |------|-------|--------|------|------------|
/// | ann  | 5     | 3      | 4    |            |
/// | zoë  | 2     | 5      | 4.5  |            |
/// | bob  | 4     |        |      | 1          |
///
/// Rows and columns stand in the order of their indices: by falling count, then by the id's bytes.
package enum TinyRatings {
  /// The ratings as a file that somebody would bring along.
  package static let csv = """
    user,item,rating
    ann,Alien,5
    ann,Brazil,3
    ann,Dune,4
    bob,Alien,4
    bob,Casablanca,1
    zoë,Alien,2
    zoë,Brazil,5
    zoë,Dune,4.5

    """

  package static let userIds = ["ann", "zoë", "bob"]
  package static let itemIds = ["Alien", "Brazil", "Dune", "Casablanca"]

  package static let matrix = RatingMatrix(
    userCount: 3, itemCount: 4,
    ratings: [
      .init(user: 0, item: 0, value: 5), .init(user: 0, item: 1, value: 3),
      .init(user: 0, item: 2, value: 4),
      .init(user: 1, item: 0, value: 2), .init(user: 1, item: 1, value: 5),
      .init(user: 1, item: 2, value: 4.5),
      .init(user: 2, item: 0, value: 4), .init(user: 2, item: 3, value: 1),
    ])

  /// The ids of a side, by index.
  package static func ids(_ side: Side) -> [String] { side == .user ? userIds : itemIds }

  /// The ids of a side with their counts.
  package static func idTable(_ side: Side) -> IdTable {
    IdTable(ids: ids(side), counts: matrix.counts(side))
  }

  /// Factors of rank 2 whose products are easily worked out by hand.
  package static func factors() throws(Failure) -> PerSide<FactorTable> {
    PerSide(
      user: try FactorTable(rows: [[1, 2], [2, 1], [1, 0]]),
      item: try FactorTable(rows: [[2, 1], [1, 1], [1.5, 1], [0.5, -1]]))
  }
}

extension IdTable {
  /// A table of ids that are text.
  package init(ids: [String], counts: [UInt32]) {
    var bytes: [UInt8] = []
    var offsets = [0]
    for id in ids {
      bytes += id.utf8
      offsets.append(bytes.count)
    }
    self.init(bytes: bytes, offsets: offsets, counts: counts)
  }
}

extension FactorTable {
  /// A table with these rows, without biases.
  package convenience init(rows: [[Float]]) throws(Failure) {
    try self.init(rowCount: rows.count, rank: rows.first?.count ?? 0)
    for (index, row) in rows.enumerated() { setRow(index, factors: row) }
  }

  /// All rows, without biases.
  package var rows: [[Float]] { (0..<rowCount).map(factors) }

  /// All rows, with the bits of each factor and, where the table has them, of each bias.
  package var bits: [[UInt32]] {
    (0..<rowCount).map { row in
      factors(row).map(\.bitPattern) + (hasBias ? [bias(row).bitPattern] : [])
    }
  }
}
