import BlockMatrix
import BlockStore
import Workers

/// Brings the factors that were solved to the blocks that refer to them, between and during phases.
///
/// A rank holds the rows that it owns, and besides, in a compact table, those of the other side that
/// its blocks refer to (Spark's out-blocks: Meng et al., JMLR 17, 2016). Rows leave as soon as
/// their block is solved. In one process alone the table that was solved is the table that is read.
package final class FactorExchange: Sendable {
  package let ranks: Ranks
  package let ownership: Ownership
  /// The rows that this rank owns, from the first of its share on.
  package let own: PerSide<FactorTable>
  private let routes: PerSide<FactorRoutes?>

  /// One process: all rows are its own.
  package init(alone factors: PerSide<FactorTable>, _ ownership: Ownership) {
    ranks = .alone
    self.ownership = ownership
    own = factors
    routes = PerSide(user: nil, item: nil)
  }

  /// - Parameter wanted: The rows of each side that this rank refers to.
  /// - Throws: `.memory` where there is none left for them.
  package init(
    _ ranks: Ranks, _ ownership: Ownership, own: PerSide<FactorTable>,
    wanted: PerSide<WantedRows>
  ) throws(Failure) {
    self.ranks = ranks
    self.ownership = ownership
    self.own = own
    var routes = PerSide<FactorRoutes?>(user: nil, item: nil)
    if !ranks.isAlone {
      for side in Side.allCases {
        routes[side] = try FactorRoutes(
          ranks, side, shares: ownership.shares[side], own: own[side], wanted: wanted[side])
      }
    }
    self.routes = routes
  }

  package func share(of side: Side) -> Share { ownership.shares[side][ranks.rank] }

  /// The rows of a side that this rank's blocks refer to; in one process all rows.
  package func rows(of side: Side) -> FactorTable { routes[side]?.table ?? own[side] }

  /// Where a row of the whole side lies in ``rows(of:)``.
  package func position(of index: Int, _ side: Side) -> Int {
    routes[side]?.wanted.position(of: index) ?? index
  }

  /// A block whose rows are counted from the rank's first and whose columns are positions in
  /// ``rows(of:)``.
  package func localised(_ block: RatingBlock) -> RatingBlock {
    guard let wanted = routes[block.side.opposite]?.wanted else { return block }
    return RatingBlock(
      side: block.side, block: block.block,
      firstIndex: block.firstIndex - share(of: block.side).indices.lowerBound,
      rowOffsets: block.rowOffsets,
      columns: block.columns.map { UInt32(wanted.position(of: Int($0))) }, values: block.values,
      distinctColumnCount: block.distinctColumnCount)
  }

  /// Sends rows that are solved to the ranks that refer to them; any thread.
  ///
  /// - Parameter rows: Counted from the rank's first.
  package func publish(_ rows: Range<Int>, of side: Side) throws(Failure) {
    try routes[side]?.publish(rows)
  }

  /// Waits until all rows that others publish in this phase are there.
  package func complete(_ side: Side) throws(Failure) { try routes[side]?.complete() }
}
