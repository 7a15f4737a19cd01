import BlockMatrix
import Workers

/// The messages that have come to a rank and are not yet asked for.
package final class Mailbox: Sendable {
  private struct State {
    /// By subject and sender, the oldest first.
    var queues: [[[UInt8]]]
    var receivers: [(any MessageReceiver)?]
    var failure: Failure?
  }

  private let rankCount: Int
  private let state: Monitor<State>

  package init(rankCount: Int) {
    self.rankCount = rankCount
    state = Monitor(
      State(
        queues: Array(repeating: [], count: Subject.allCases.count * rankCount),
        receivers: Array(repeating: nil, count: Subject.allCases.count)))
  }

  /// Puts a message in, or hands it to whoever receives its subject.
  package func put(_ message: [UInt8], about subject: Subject, from rank: Int) {
    let receiver: (any MessageReceiver)? = state.withLock { state in
      if let receiver = state.receivers[subject.rawValue] { return receiver }
      state.queues[subject.rawValue * rankCount + rank].append(message)
      return nil
    }
    receiver?.take(message, from: rank)
  }

  /// Waits for the next message about a subject from a rank.
  package func take(_ subject: Subject, from rank: Int) throws(Failure) -> [UInt8] {
    let queue = subject.rawValue * rankCount + rank
    let result: Result<[UInt8], Failure> = state.wait { state in
      // What has come is good, whatever came after it.
      if !state.queues[queue].isEmpty { return .success(state.queues[queue].removeFirst()) }
      return state.failure.map { .failure($0) }
    }
    return try result.get()
  }

  /// Hands the messages about a subject over from now on, and those that are there.
  package func deliver(_ subject: Subject, to receiver: any MessageReceiver) {
    let (waiting, failure) = state.withLock { state in
      var waiting: [(rank: Int, message: [UInt8])] = []
      for rank in 0..<rankCount {
        let queue = subject.rawValue * rankCount + rank
        waiting += state.queues[queue].map { (rank, $0) }
        state.queues[queue] = []
      }
      state.receivers[subject.rawValue] = receiver
      return (waiting, state.failure)
    }
    for (rank, message) in waiting { receiver.take(message, from: rank) }
    if let failure { receiver.lose(failure) }
  }

  /// Nothing comes any more: whoever waits is told why.
  package func lose(_ failure: Failure) {
    let receivers = state.withLock { state in
      if state.failure == nil { state.failure = failure }
      return state.receivers
    }
    for receiver in receivers { receiver?.lose(failure) }
  }
}
