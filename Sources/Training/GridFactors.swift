import BlockMatrix
import BlockStore
import FactorExchange
import Workers

/// The factors as descent steps through them, and as they are written down.
///
/// A rank steps through the users of its rows of the grid, but writes those of its blocks of the
/// partition. Both are runs that nearly agree: one table holds them, and the few rows that are in
/// one run only go to and fro. Item blocks go on from diagonal to diagonal, and their rows return
/// to the partition's owners when an epoch ends.
final class GridFactors: Sendable {
  /// The rows that this process owns in the partition.
  let owned: PerSide<FactorTable>
  /// Its rows of the grid, from the first on.
  let users: [Strata.Block]
  let items: Strata
  private let grid: RatingGrid
  private let ranks: Ranks
  /// What each rank owns in the partition.
  private let shares: PerSide<[Range<Int>]>
  /// The ratings of the items that this process owns.
  private let itemCounts: [UInt32]
  /// The users of these rows of the grid.
  private let stepped: FactorTable
  /// `nil` in one process alone.
  private let moves: RowMoves?
  /// The diagonal that the item blocks are laid out for; `nil` where they are with their owners.
  private let diagonal = Locked<Int?>(nil)

  /// - Parameters:
  ///   - factors: The rows that this process owns; alone they are used as they are.
  ///   - ownership: `nil` in one process alone.
  init(
    _ factors: PerSide<FactorTable>, in grid: RatingGrid, itemCounts: [UInt32], ranks: Ranks,
    ownership: Ownership?
  ) throws(Failure) {
    let shares =
      ownership?.shares.map { $0.map(\.indices) }
      ?? grid.blocks.map { [0..<$0.rowCount] }
    let (own, rows) = (shares.user[ranks.rank], grid.users[ranks.rank])
    let first = min(own.lowerBound, rows.lowerBound)
    var table = factors.user
    if !ranks.isAlone {
      table = try FactorTable(
        rowCount: max(own.upperBound, rows.upperBound) - first, rank: factors.user.rank,
        hasBias: factors.user.hasBias)
      for row in 0..<own.count {
        table.setRow(own.lowerBound - first + row, to: row, of: factors.user)
      }
    }
    func part(_ indices: Range<Int>) -> FactorTable {
      FactorTable(indices.lowerBound - first..<indices.upperBound - first, of: table)
    }
    owned = PerSide(user: part(own), item: factors.item)
    stepped = part(rows)
    users = grid.rows.map { row in
      let indices = grid.blocks.user.indices(ofBlock: row)
      let begin = indices.lowerBound - rows.lowerBound
      return Strata.Block(
        factors: part(indices), counts: grid.userCounts[begin..<begin + indices.count])
    }
    items = Strata(
      ranks, grid.blocks.item, rank: factors.item.rank, hasBias: factors.item.hasBias)
    moves =
      ranks.isAlone
      ? nil
      : RowMoves(
        ranks, into: PerSide(user: table, item: factors.item),
        firsts: PerSide(user: first, item: shares.item[ranks.rank].lowerBound))
    self.grid = grid
    self.ranks = ranks
    self.shares = shares
    self.itemCounts = itemCounts
  }

  /// Brings the item blocks to the rows that have them on a diagonal.
  func arrange(on next: Int) throws(Failure) {
    let from = diagonal.withLock { diagonal in
      defer { diagonal = next }
      return diagonal
    }
    guard let from else { return try spread(on: next) }
    for row in grid.rows {
      let block = grid.itemBlock(ofRow: row, on: from)
      try pass(block, to: next)
    }
  }

  /// Says where the blocks are after they have been passed on one by one.
  func stand(on diagonal: Int) { self.diagonal.withLock { $0 = diagonal } }

  /// Sends an item block on to the row that has it on a diagonal; any thread.
  func pass(_ block: Int, to diagonal: Int) throws(Failure) {
    try items.pass(block, to: grid.owner(ofItemBlock: block, on: diagonal))
  }

  /// From the partition's owners to the grid's.
  private func spread(on diagonal: Int) throws(Failure) {
    let own = shares.map { $0[ranks.rank] }
    for block in 0..<grid.size {
      let indices = grid.blocks.item.indices(ofBlock: block)
      let part = indices.clamped(to: own.item)
      guard !part.isEmpty else { continue }
      let rows = part.lowerBound - own.item.lowerBound..<part.upperBound - own.item.lowerBound
      let piece = Strata.Block(factors: FactorTable(rows, of: owned.item), counts: itemCounts[rows])
      guard !ranks.isAlone else {
        items.keep(piece, as: block)
        continue
      }
      try items.bring(
        piece, of: block, from: part.lowerBound - indices.lowerBound,
        to: grid.owner(ofItemBlock: block, on: diagonal))
    }
    let users = grid.users
    try moves?.send(own.user, of: .user, from: owned.user, to: users)
    try moves?.complete(missing(from: own.user, in: users[ranks.rank]))
  }

  /// From the grid's owners to the partition's, for whoever reads or writes the factors there.
  func returnRows() throws(Failure) {
    guard let moves, let diagonal = diagonal.withLock({ $0 }) else { return }
    let own = shares.map { $0[ranks.rank] }
    var missingItems = own.item.count
    for row in grid.rows {
      let number = grid.itemBlock(ofRow: row, on: diagonal)
      let indices = grid.blocks.item.indices(ofBlock: number)
      let block = try items.block(number)
      try moves.send(indices, of: .item, from: block.factors, to: shares.item)
      // What stays here is put where it belongs.
      for index in indices.clamped(to: own.item) {
        owned.item.setRow(
          index - own.item.lowerBound, to: index - indices.lowerBound, of: block.factors)
        missingItems -= 1
      }
    }
    let rows = grid.users[ranks.rank]
    try moves.send(rows, of: .user, from: stepped, to: shares.user)
    try moves.complete(missingItems + missing(from: rows, in: own.user))
  }

  /// How many of the rows that are wanted are not among those that are there.
  private func missing(from there: Range<Int>, in wanted: Range<Int>) -> Int {
    wanted.count - wanted.clamped(to: there).count
  }
}
