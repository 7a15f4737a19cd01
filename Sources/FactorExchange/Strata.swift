import BlockMatrix
import BlockStore
import Workers

/// The blocks of items that are with this rank while a grid is gone through along its diagonals,
/// and those on their way to it.
///
/// A block travels with its counts, so that no rank needs those of the whole side. It comes in
/// pieces, into memory that is made when the first piece is there: whoever is ahead waits for
/// nobody.
package final class Strata: MessageReceiver {
  /// A block of a side of the grid.
  package struct Block: Sendable {
    package let factors: FactorTable
    /// The ratings of each row.
    package let counts: ArraySlice<UInt32>

    package init(factors: FactorTable, counts: ArraySlice<UInt32>) {
      self.factors = factors
      self.counts = counts
    }
  }

  private struct Part {
    let factors: FactorTable
    var counts: [UInt32]
    var rowCount = 0
  }

  private struct State {
    var whole: [Int: Block] = [:]
    var parts: [Int: Part] = [:]
    var failure: Failure?
  }

  /// A message's bytes of factors.
  private static let messageBytes = 1 << 20
  /// The block, and the first row in it.
  private static let headBytes = 16

  private let ranks: Ranks
  private let grid: BlockGrid
  private let rank: Int
  private let hasBias: Bool
  private var width: Int { rank + (hasBias ? 1 : 0) }
  private let state = Monitor(State())

  /// - Parameters:
  ///   - grid: The blocks of the items.
  ///   - rank: The factors of a row.
  package init(_ ranks: Ranks, _ grid: BlockGrid, rank: Int, hasBias: Bool) {
    self.ranks = ranks
    self.grid = grid
    self.rank = rank
    self.hasBias = hasBias
    ranks.deliver(.strata, to: self)
  }

  /// Takes in rows of one block, for it to be here or to send it on.
  ///
  /// - Parameter first: The position in the block of the first of them.
  package func bring(
    _ rows: Block, of block: Int, from first: Int, to rank: Int
  ) throws(Failure) {
    let rowsAtOnce = max(1, Self.messageBytes / (4 + width * 4))
    for start in stride(from: 0, to: rows.factors.rowCount, by: rowsAtOnce) {
      let piece = start..<min(rows.factors.rowCount, start + rowsAtOnce)
      let begin = rows.counts.startIndex
      var message = ByteEncoder()
      message.put(UInt64(block))
      message.put(UInt64(first + start))
      message.put(
        Array(rows.counts[begin + piece.lowerBound..<begin + piece.upperBound]).memoryBytes)
      message.put(rows.factors.bytes(of: piece, columns: 0..<width))
      if rank == ranks.rank {
        take(message.bytes, from: rank)
      } else {
        try ranks.send(message.bytes, about: .strata, to: rank)
      }
    }
  }

  /// Has a whole block here, which nobody else has.
  package func keep(_ whole: Block, as block: Int) {
    state.withLock { $0.whole[block] = whole }
  }

  /// A block that is here or on its way, which is waited for; any thread.
  package func block(_ number: Int) throws(Failure) -> Block {
    // Nothing is sent of a block without rows.
    guard !grid.indices(ofBlock: number).isEmpty else {
      return Block(
        factors: try FactorTable(rowCount: 0, rank: rank, hasBias: hasBias), counts: [])
    }
    let found: Result<Block, Failure> = state.wait { state in
      if let block = state.whole[number] { return .success(block) }
      return state.failure.map { .failure($0) }
    }
    return try found.get()
  }

  /// Sends a block that is here on; any thread.
  package func pass(_ number: Int, to rank: Int) throws(Failure) {
    guard rank != ranks.rank,
      let block = state.withLock({ $0.whole.removeValue(forKey: number) })
    else { return }
    try bring(block, of: number, from: 0, to: rank)
  }

  package func take(_ message: [UInt8], from rank: Int) {
    let head = [UInt64](littleEndian: message.prefix(Self.headBytes))
    let count = (message.count - Self.headBytes) / (4 + width * 4)
    guard head.count == 2, message.count == Self.headBytes + count * (4 + width * 4),
      head[0] < UInt64(grid.blockCount)
    else { return lose(Ranks.misfit(message, from: rank)) }
    let (block, row) = (Int(head[0]), Int(truncatingIfNeeded: head[1]))
    guard row >= 0, row <= grid.indices(ofBlock: block).count - count else {
      return lose(Ranks.misfit(message, from: rank))
    }
    do throws(Failure) {
      // Rows are written outside the lock: each comes once.
      try factors(of: block).setRows(
        row..<row + count, from: message, at: Self.headBytes + count * 4)
      let counts = [UInt32](littleEndian: message[Self.headBytes..<Self.headBytes + count * 4])
      enter(counts, of: block, from: row)
    } catch {
      lose(error)
    }
  }

  /// The memory of a block that is coming.
  private func factors(of block: Int) throws(Failure) -> FactorTable {
    let rowCount = grid.indices(ofBlock: block).count
    let (rank, hasBias) = (rank, hasBias)
    let made: Result<FactorTable, Failure> = state.withLock { state in
      if let part = state.parts[block] { return .success(part.factors) }
      do throws(Failure) {
        let table = try FactorTable(rowCount: rowCount, rank: rank, hasBias: hasBias)
        state.parts[block] = Part(
          factors: table, counts: Array(repeating: 0, count: rowCount))
        return .success(table)
      } catch {
        return .failure(error)
      }
    }
    return try made.get()
  }

  private func enter(_ counts: [UInt32], of block: Int, from row: Int) {
    state.withLock { state in
      guard var part = state.parts.removeValue(forKey: block) else { return }
      part.counts.replaceSubrange(row..<row + counts.count, with: counts)
      part.rowCount += counts.count
      if part.rowCount < part.counts.count {
        state.parts[block] = part
      } else {
        state.whole[block] = Block(factors: part.factors, counts: part.counts[...])
      }
    }
  }

  package func lose(_ failure: Failure) {
    state.withLock { if $0.failure == nil { $0.failure = failure } }
  }
}
