import BlockMatrix
import BlockStore
import Ranking
import TestSupport
import Testing

@Suite struct `Seen items` {
  private let matrix = RatingMatrix.random(
    userCount: 60, itemCount: 40, ratingCount: 500, seed: 21)

  private func model(ids: PerSide<IdTable>) throws -> FactorModel {
    try FactorModel(factors: tables(ids), ids: ids, scale: 1...5)
  }

  private func tables(_ ids: PerSide<IdTable>) throws -> PerSide<FactorTable> {
    PerSide(
      user: try .random(rowCount: ids.user.count, rank: 3, seed: 1),
      item: try .random(rowCount: ids.item.count, rank: 3, seed: 2))
  }

  private var ids: PerSide<IdTable> {
    PerSide(user: matrix.idTable(.user), item: matrix.idTable(.item))
  }

  @Test(arguments: [1, 2, 7, 80])
  func `are those of the partition, for any blocks and any order of users`(blocks: Int) throws {
    let model = try model(ids: ids)
    let stored = try StoredModel(
      matrix, ids: ids, factors: tables(ids), userBlocks: blocks)
    let partition = try Partition.open(stored.partition, in: PosixFileSystem())
    let seen = try SeenRatings(partition, model: model, isOwn: true)
    let users = (0..<matrix.userCount).reversed().map { UInt32($0) } + [3, 3]
    let items = try seen.columns(ofRows: users)
    let rows = matrix.rows(.user)
    for (position, user) in users.enumerated() {
      #expect(Array(items[position]) == rows[Int(user)].map { UInt32($0.column) })
    }
  }

  @Test func `of another partition are found by their ids`() throws {
    // The model knows its ids in the opposite order, and not all of them.
    func reversed(_ table: IdTable, dropping count: Int) -> [String] {
      (0..<table.count).dropFirst(count).reversed().map {
        String(decoding: table[$0], as: UTF8.self)
      }
    }
    let users = reversed(ids.user, dropping: 5) + ["stranger"]
    let items = reversed(ids.item, dropping: 3)
    let model = try model(
      ids: PerSide(
        user: IdTable(ids: users, counts: users.map { _ in 1 }),
        item: IdTable(ids: items, counts: items.map { _ in 1 })))
    let stored = try StoredModel(
      matrix, ids: ids,
      factors: PerSide(
        user: .random(rowCount: matrix.userCount, rank: 3, seed: 1),
        item: .random(rowCount: matrix.itemCount, rank: 3, seed: 2)), userBlocks: 3)
    let partition = try Partition.open(stored.partition, in: PosixFileSystem())
    let seen = try SeenRatings(partition, model: model, isOwn: false)
      .columns(ofRows: Array(0..<UInt32(users.count)))
    let rows = matrix.rows(.user)
    for position in 0..<users.count - 1 {
      let expected = rows[matrix.userCount - 1 - position].map(\.column)
        .filter { $0 >= 3 }.map { UInt32(matrix.itemCount - 1 - $0) }.sorted()
      #expect(Array(seen[position]) == expected)
    }
    #expect(seen[users.count - 1].isEmpty)
  }

  @Test func `are never recommended, whatever the wave`() throws {
    let model = try model(ids: ids)
    let stored = try StoredModel(matrix, ids: ids, factors: tables(ids), userBlocks: 4)
    let partition = try Partition.open(stored.partition, in: PosixFileSystem())
    let seen = try SeenRatings(partition, model: model, isOwn: true)
    let users = Array(0..<UInt32(matrix.userCount))
    var found: [[Candidate]] = []
    try Recommender(model, seen: seen.source)
      .recommend(
        to: users, limit: matrix.itemCount, workers: 2,
        transform: { _, rankings throws(Failure) in rankings },
        emit: { done, rankings throws(Failure) in
          found += rankings
          #expect(done == found.count)
        })
    for (ranking, row) in zip(found, matrix.rows(.user)) {
      let seen = Set(row.map { UInt32($0.column) })
      #expect(Set(ranking.map(\.index)) == Set(0..<UInt32(matrix.itemCount)).subtracting(seen))
    }
  }
}

@Suite struct `Neighbours of a row` {
  private func neighbours(_ table: FactorTable) throws -> Neighbours {
    let ids = IdTable(
      ids: (0..<table.rowCount).map { "\($0)" }, counts: (0..<table.rowCount).map { _ in 1 })
    return try Neighbours(
      .item,
      of: FactorModel(
        factors: PerSide(user: table, item: table), ids: PerSide(user: ids, item: ids),
        scale: 1...5))
  }

  @Test func `are ranked by their cosine, without the row itself`() throws {
    let table = try FactorTable(rows: [[1, 0], [3, 0], [1, 1], [0, 2], [-5, 0], [0, 0]])
    let found = try neighbours(table).nearest(to: [0, 4, 5], limit: 10, workers: 2)
    #expect(found[0].map(\.index) == [1, 2, 3, 5, 4])
    #expect(found[0].map(\.score) == [1, Float(0.5.squareRoot()), 0, 0, -1])
    // Row 0 and row 1 point the same way: equal cosines, ascending index.
    #expect(found[1].map(\.index) == [3, 5, 2, 0, 1])
    #expect(found[2].map(\.index) == [0, 1, 2, 3, 4])
    #expect(found[2].map(\.score) == [0, 0, 0, 0, 0])
  }

  @Test func `of another table are chosen from all rows`() throws {
    let table = try FactorTable(rows: [[1, 0], [3, 0], [1, 1], [0, 2], [-5, 0]])
    let other = try FactorTable(rows: [[0, 0], [0, 7], [9, 9], [2, 0]])
    let found = try neighbours(table).nearest(
      to: [3, 1, 0, 3], of: .held(other), limit: 3, workers: 2)
    #expect(found.map { $0.map(\.index) } == [[0, 1, 2], [3, 2, 0], [0, 1, 2], [0, 1, 2]])
    #expect(found[0].map(\.score) == [1, 1, Float(0.5.squareRoot())])
    #expect(found[2].map(\.score) == [0, 0, 0])
  }

  @Test func `leave biases out`() throws {
    let table = try FactorTable(rowCount: 2, rank: 1, hasBias: true)
    table.setRow(0, factors: [2], bias: 100)
    table.setRow(1, factors: [3], bias: -100)
    #expect(
      try neighbours(table).nearest(to: [0], limit: 1, workers: 1)[0] == [
        Candidate(index: 1, score: 1)
      ])
  }
}
