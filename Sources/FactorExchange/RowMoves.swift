import BlockMatrix
import BlockStore
import Workers

/// Brings runs of rows from the ranks that have them in one cut of a side to those that have them
/// in another.
///
/// Everybody knows both cuts: what comes is only counted.
package final class RowMoves: MessageReceiver {
  /// A message's bytes of factors.
  private static let messageBytes = 1 << 20
  /// The side, and the first index.
  private static let headBytes = 16

  private let ranks: Ranks
  /// Where rows are put, and the index of each table's first.
  private let tables: PerSide<FactorTable>
  private let firsts: PerSide<Int>
  private let arrivals = Monitor(Arrivals())

  private struct Arrivals {
    var rows = 0
    var failure: Failure?
  }

  package init(_ ranks: Ranks, into tables: PerSide<FactorTable>, firsts: PerSide<Int>) {
    self.ranks = ranks
    self.tables = tables
    self.firsts = firsts
    ranks.deliver(.moves, to: self)
  }

  /// Sends rows to the other ranks in whose runs they are; any thread.
  ///
  /// - Parameters:
  ///   - indices: The rows, which are all of `table`'s.
  ///   - runs: What each rank is to have, in their order.
  package func send(
    _ indices: Range<Int>, of side: Side, from table: FactorTable, to runs: [Range<Int>]
  ) throws(Failure) {
    let rowsAtOnce = max(1, Self.messageBytes / max(1, table.width * 4))
    for rank in ranks.others {
      let part = runs[rank].clamped(to: indices)
      for start in stride(from: part.lowerBound, to: part.upperBound, by: rowsAtOnce) {
        let piece = start..<min(part.upperBound, start + rowsAtOnce)
        let rows = piece.lowerBound - indices.lowerBound..<piece.upperBound - indices.lowerBound
        var message = ByteEncoder()
        message.put(UInt64(side == .user ? 0 : 1))
        message.put(UInt64(piece.lowerBound))
        message.put(table.bytes(of: rows, columns: 0..<table.width))
        try ranks.send(message.bytes, about: .moves, to: rank)
      }
    }
  }

  package func take(_ message: [UInt8], from rank: Int) {
    let head = [UInt64](littleEndian: message.prefix(Self.headBytes))
    guard head.count == 2, head[0] < 2 else { return lose(Ranks.misfit(message, from: rank)) }
    let side: Side = head[0] == 0 ? .user : .item
    let table = tables[side]
    let count = (message.count - Self.headBytes) / max(1, table.width * 4)
    let row = Int(truncatingIfNeeded: head[1]) &- firsts[side]
    guard message.count == Self.headBytes + count * table.width * 4, row >= 0,
      row <= table.rowCount - count
    else { return lose(Ranks.misfit(message, from: rank)) }
    table.setRows(row..<row + count, from: message, at: Self.headBytes)
    arrivals.withLock { $0.rows += count }
  }

  package func lose(_ failure: Failure) {
    arrivals.withLock { if $0.failure == nil { $0.failure = failure } }
  }

  /// Waits for so many rows of others.
  package func complete(_ rowCount: Int) throws(Failure) {
    let failure: Failure?? = arrivals.wait { arrivals in
      if arrivals.rows >= rowCount {
        arrivals.rows -= rowCount
        return .some(nil)
      }
      return arrivals.failure.map { .some($0) }
    }
    if let failure = failure.flatMap(\.self) { throw failure }
  }
}
