import BlockMatrix
import FactorExchange
import Workers

/// Ranks in one process, each on a thread and with memory of its own: what a job on many machines
/// does, for tests.
package enum LocalRanks {
  /// Runs `body` once for each rank, all at once, and returns what each came to, in their order.
  ///
  /// - Throws: The failure of the lowest rank that failed by itself; the others then fail because
  ///   it is lost.
  package static func run<Output: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Ranks) throws(Failure) -> Output
  ) throws(Failure) -> [Output] {
    let mailboxes = (0..<count).map { _ in Mailbox(rankCount: count) }
    let failures = Locked<[(rank: Int, failure: Failure)]>([])
    let results = try Parallel.map(count, workers: count) { rank throws(Failure) in
      let link = LocalLink(rank: rank, mailboxes: mailboxes)
      do throws(Failure) {
        return Result<Output, Failure>.success(try body(Ranks(link)))
      } catch {
        failures.withLock { $0.append((rank, error)) }
        for mailbox in mailboxes { mailbox.lose(Failure(.io, "rank \(rank) is lost: \(error)")) }
        return .failure(error)
      }
    }
    // The first to fail did so by itself.
    if let first = failures.withLock({ $0.first }) { throw first.failure }
    var outputs: [Output] = []
    for result in results { outputs.append(try result.get()) }
    return outputs
  }
}

/// One rank's end of the links among threads.
private final class LocalLink: RankLink {
  let rank: Int
  private let mailboxes: [Mailbox]
  private let sent = Counter()
  var rankCount: Int { mailboxes.count }
  var sentBytes: Int { sent.total }

  init(rank: Int, mailboxes: [Mailbox]) {
    self.rank = rank
    self.mailboxes = mailboxes
  }

  func send(_ message: [UInt8], about subject: Subject, to rank: Int) throws(Failure) {
    sent.add(message.count)
    mailboxes[rank].put(message, about: subject, from: self.rank)
  }

  func receive(_ subject: Subject, from rank: Int) throws(Failure) -> [UInt8] {
    try mailboxes[self.rank].take(subject, from: rank)
  }

  func deliver(_ subject: Subject, to receiver: any MessageReceiver) {
    mailboxes[rank].deliver(subject, to: receiver)
  }
}
