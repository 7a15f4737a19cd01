import BlockMatrix

/// Brings the factors that were solved to the blocks that refer to them, between and during phases.
///
/// A rank holds the rows that it owns, and besides, in a compact table, those of the other side
/// that its blocks refer to (Spark's out-blocks: Meng et al., JMLR 17, 2016). Rows leave as soon as
/// their block is solved. In one process alone the table that was solved is the table that is read.
package final class FactorExchange: Sendable {
  package let ranks: Ranks
  package let territory: Territory
  /// The rows that this rank owns, from the first of its share on.
  package let own: PerSide<FactorTable>
  /// `nil` in one process alone.
  private let routes: PerSide<FactorRoutes>?

  /// - Parameter ownership: Who owns the other rows; `nil` in one process alone.
  /// - Throws: `.memory` where there is none left for the rows that are referred to.
  package init(
    _ ranks: Ranks, _ ownership: Ownership?, _ territory: Territory, own: PerSide<FactorTable>
  ) throws(Failure) {
    self.ranks = ranks
    self.territory = territory
    self.own = own
    guard let wanted = territory.wanted, let ownership else {
      routes = nil
      return
    }
    routes = try PerSide { side throws(Failure) in
      try FactorRoutes(
        ranks, side, shares: ownership.shares[side], own: own[side], wanted: wanted[side])
    }
  }

  package func share(of side: Side) -> Share { territory.shares[side] }

  /// The rows of a side that this rank's blocks refer to; in one process all rows.
  package func rows(of side: Side) -> FactorTable { routes?[side].table ?? own[side] }

  /// Sends rows that are solved to the ranks that refer to them; any thread.
  ///
  /// - Parameter rows: Counted from the rank's first.
  package func publish(_ rows: Range<Int>, of side: Side) throws(Failure) {
    try routes?[side].publish(rows)
  }

  /// Waits until all rows that others publish in this phase are there.
  package func complete(_ side: Side) throws(Failure) { try routes?[side].complete() }
}
