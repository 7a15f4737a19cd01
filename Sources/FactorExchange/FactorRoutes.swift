import BlockMatrix
import BlockStore
import Workers

/// The rows of one side that ranks send each other, and those that came.
final class FactorRoutes: MessageReceiver {
  /// A message's bytes of factors: large enough to cost nothing by its number, small enough to be
  /// on its way while the next is filled.
  private static let messageBytes = 1 << 20

  /// What this rank refers to.
  let wanted: WantedRows
  let table: FactorTable

  private let ranks: Ranks
  private let side: Side
  private let own: FactorTable
  /// Each rank's rows of ours, from our first, ascending.
  private let sent: [[UInt32]]
  /// Where the rows that each rank owns begin in the table, and behind the last the number of rows:
  /// owners' runs are contiguous, and so are the rows of each among those that are wanted.
  private let starts: [Int]
  private let arrivals: Monitor<Arrivals>

  private struct Arrivals {
    var rows = 0
    var failure: Failure?
  }

  /// Tells every rank which of its rows are wanted, and learns who wants ours.
  init(
    _ ranks: Ranks, _ side: Side, shares: [Share], own: FactorTable, wanted: WantedRows
  ) throws(Failure) {
    self.ranks = ranks
    self.side = side
    self.own = own
    self.wanted = wanted
    table = try FactorTable(rowCount: wanted.count, rank: own.rank, hasBias: own.hasBias)
    starts = shares.map { wanted.position(of: $0.indices.lowerBound) } + [wanted.count]
    for other in ranks.others {
      let indices = wanted.indices(in: shares[other].indices)
      let first = UInt32(shares[other].indices.lowerBound)
      try ranks.send(indices.map { $0 - first }.memoryBytes, about: .routes, to: other)
    }
    var sent: [[UInt32]] = []
    for other in 0..<ranks.count {
      guard other != ranks.rank else {
        let first = UInt32(shares[other].indices.lowerBound)
        sent.append(wanted.indices(in: shares[other].indices).map { $0 - first })
        continue
      }
      let message = try ranks.receive(.routes, from: other)
      let rows = [UInt32](littleEndian: message)
      guard message.count % 4 == 0, zip(rows, rows.dropFirst()).allSatisfy(<),
        rows.last.map({ Int($0) < own.rowCount }) ?? true
      else { throw Ranks.misfit(message, from: other) }
      sent.append(rows)
    }
    self.sent = sent
    arrivals = Monitor(Arrivals())
    ranks.deliver(.rows(of: side), to: self)
  }

  func publish(_ rows: Range<Int>) throws(Failure) {
    for rank in 0..<ranks.count {
      let wantedRows = sent[rank]
      let first = wantedRows.firstPosition(notBelow: UInt32(rows.lowerBound))
      let end = wantedRows.firstPosition(notBelow: UInt32(rows.upperBound))
      if rank == ranks.rank {
        // What is sent to oneself is there.
        for position in first..<end {
          table.setRow(starts[rank] + position, to: Int(wantedRows[position]), of: own)
        }
        continue
      }
      let rowsAtOnce = max(1, Self.messageBytes / max(1, own.width * 4))
      for start in stride(from: first, to: end, by: rowsAtOnce) {
        let part = start..<min(end, start + rowsAtOnce)
        var message = ByteEncoder()
        message.put(UInt64(start))
        message.put(own.bytes(of: wantedRows[part]))
        try ranks.send(message.bytes, about: .rows(of: side), to: rank)
      }
    }
  }

  /// Rows of another rank, on the link's thread: nobody reads the table while they may come.
  func take(_ message: [UInt8], from rank: Int) {
    let rowBytes = own.width * 4
    let first = Int(message.count >= 8 ? [UInt64](littleEndian: message.prefix(8))[0] : .max >> 8)
    let count = (message.count - 8) / max(1, rowBytes)
    let (start, end) = (starts[rank], starts[rank + 1])
    guard message.count == 8 + count * rowBytes, first <= end - start, count <= end - start - first
    else { return lose(Ranks.misfit(message, from: rank)) }
    table.setRows(start + first..<start + first + count, from: message, at: 8)
    arrivals.withLock { $0.rows += count }
  }

  func lose(_ failure: Failure) {
    arrivals.withLock { if $0.failure == nil { $0.failure = failure } }
  }

  func complete() throws(Failure) {
    let expected = wanted.count - (starts[ranks.rank + 1] - starts[ranks.rank])
    let failure: Failure?? = arrivals.wait { arrivals in
      if let failure = arrivals.failure { return failure }
      guard arrivals.rows >= expected else { return nil }
      // Nobody publishes this side again before all have ended the phase.
      arrivals.rows = 0
      return .some(nil)
    }
    if let failure = failure.flatMap(\.self) { throw failure }
  }
}

extension [UInt32] {
  /// The position of the first element, among ascending ones, that is not below `value`.
  func firstPosition(notBelow value: UInt32) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
