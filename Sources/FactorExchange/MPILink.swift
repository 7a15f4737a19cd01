import BlockMatrix
import Glibc
import Workers

/// The ranks of an MPI job.
///
/// One thread makes all calls of MPI, and never one that waits: a blocked call burns a core, and a
/// transfer makes progress only while somebody asks for it. Workers put messages into a queue; what
/// comes goes into a mailbox.
package final class MPILink: RankLink {
  /// Bytes that may wait to be sent before senders wait.
  package static let mostQueued = 32 << 20
  /// What the library that knows MPI takes for itself.
  package static let library = 24 << 20
  /// Frames on their way at once; MPI keeps the order of those to one rank.
  private static let mostSending = 16
  /// How often a rank says that it is alive, and how long it may be silent.
  private static let beatSeconds = 5.0
  private static let silenceSeconds = 45.0
  /// The tag behind those of the subjects.
  private static let beatTag = Subject.allCases.count

  private struct Frame {
    let bytes: [UInt8]
    let rank: Int
    let tag: Int
  }

  private struct Queue {
    var frames: [Frame] = []
    var bytes = 0
    /// Set when the job ends well: the thread sends what is left, and leaves.
    var isClosing = false
    /// Set where all processes are to end, with this status.
    var abort: Int32?
    var failure: Failure?
  }

  package let rank: Int
  package let rankCount: Int
  private let bridge: MPIBridge
  private let mailbox: Mailbox
  private let queue = Monitor(Queue())
  private let sent = Counter()
  private let ended = Monitor(false)
  package var sentBytes: Int { sent.total }

  /// Joins the job that this process was started in.
  ///
  /// - Parameter places: Where the library that knows MPI may be.
  /// - Throws: `.memory` where there is no thread to make its calls.
  package init(libraryPlaces places: [String]) throws(Failure) {
    bridge = try MPIBridge(from: places)
    (rank, rankCount) = try bridge.start()
    mailbox = Mailbox(rankCount: rankCount)
    guard rankCount > 1 else { return }
    try Thread { [self] in poll() }.detach()
  }

  package func send(_ message: [UInt8], about subject: Subject, to rank: Int) throws(Failure) {
    sent.add(message.count)
    for bytes in Frames.cut(message) {
      let frame = Frame(bytes: bytes, rank: rank, tag: subject.rawValue)
      let failure: Failure?? = queue.wait { queue in
        if let failure = queue.failure { return .some(failure) }
        guard queue.bytes < Self.mostQueued else { return nil }
        queue.frames.append(frame)
        queue.bytes += frame.bytes.count
        return .some(nil)
      }
      if let failure = failure.flatMap(\.self) { throw failure }
    }
  }

  package func receive(_ subject: Subject, from rank: Int) throws(Failure) -> [UInt8] {
    try mailbox.take(subject, from: rank)
  }

  package func deliver(_ subject: Subject, to receiver: any MessageReceiver) {
    mailbox.deliver(subject, to: receiver)
  }

  /// Ends all processes of the job, this one too.
  package func abort(_ status: Int32) -> Never {
    queue.withLock { $0.abort = status }
    // MPI is called by one thread; and it may be in no state to end anything any more.
    sleep(5)
    exit(status)
  }

  /// Leaves the job; all ranks do, and none before all have sent what they had to.
  package func finish() {
    if rankCount > 1 {
      queue.withLock { $0.isClosing = true }
      _ = ended.wait { $0 ? true : nil }
    }
    bridge.finish()
  }

  // MARK: The thread

  private func poll() {
    var pulse = Pulse()
    var sending: [Transfer] = []
    var receiving: [Transfer] = []
    var joiners = Array(
      repeating: Frames.Joiner(), count: Subject.allCases.count * rankCount)
    do throws(Failure) {
      while true {
        let isBusy = try send(&sending, &pulse)
        let isReceiving = try receive(&receiving, &joiners, &pulse)
        if isBusy || isReceiving { continue }
        try requirePulse(pulse)
        let isOver = queue.withLock { $0.isClosing && $0.frames.isEmpty }
        if isOver, sending.isEmpty, receiving.isEmpty { break }
        usleep(200)
      }
    } catch {
      // Nothing can be sent or received any more.
      queue.withLock { $0.failure = error }
      mailbox.lose(error)
    }
    ended.withLock { $0 = true }
    waitForAbort()
  }

  /// After a failure the processes end; after a good end nobody asks for it.
  private func waitForAbort() {
    let status = queue.wait { queue -> Int32?? in
      if let abort = queue.abort { return .some(abort) }
      return queue.failure == nil ? .some(nil) : nil
    }
    if let status { bridge.abort(status) }
  }

  /// - Returns: Whether anything was done.
  private func send(_ sending: inout [Transfer], _ pulse: inout Pulse) throws(Failure) -> Bool {
    var isBusy = false
    let (frame, abort): (Frame?, Int32?) = queue.withLock { queue in
      guard sending.count < Self.mostSending, !queue.frames.isEmpty else {
        return (nil, queue.abort)
      }
      return (queue.frames.removeFirst(), queue.abort)
    }
    if let abort { bridge.abort(abort) }
    if let frame {
      isBusy = true
      sending.append(try begin(frame))
    }
    let before = sending.count
    sending.removeAll { transfer in
      guard transfer.isDone() else { return false }
      if transfer.tag != Self.beatTag { queue.withLock { $0.bytes -= transfer.byteCount } }
      return true
    }
    if pulse.beat.seconds >= Self.beatSeconds {
      pulse.beat = .now
      sending.append(
        try begin(Frame(bytes: [0], rank: (rank + 1) % rankCount, tag: Self.beatTag)))
    }
    return isBusy || sending.count < before
  }

  private func begin(_ frame: Frame) throws(Failure) -> Transfer {
    guard let transfer = bridge.send(frame.bytes, to: frame.rank, tag: frame.tag) else {
      throw Failure(.io, at: "rank \(frame.rank)", "cannot be sent to")
    }
    return transfer
  }

  private func receive(
    _ receiving: inout [Transfer], _ joiners: inout [Frames.Joiner], _ pulse: inout Pulse
  ) throws(Failure) -> Bool {
    var isBusy = false
    while let transfer = try bridge.receive() {
      isBusy = true
      receiving.append(transfer)
    }
    // In the order in which they were found: a later one may be done sooner.
    while let first = receiving.first, first.isDone() {
      isBusy = true
      receiving.removeFirst()
      if first.rank == rankBefore { pulse.heard = .now }
      guard let subject = Subject(rawValue: first.tag) else { continue }
      let place = first.tag * rankCount + first.rank
      if let message = try joiners[place].add(first.bytes, from: first.rank) {
        mailbox.put(message, about: subject, from: first.rank)
      }
    }
    return isBusy
  }

  private var rankBefore: Int { (rank + rankCount - 1) % rankCount }

  private func requirePulse(_ pulse: Pulse) throws(Failure) {
    guard pulse.heard.seconds >= Self.silenceSeconds else { return }
    throw Failure(
      .io, at: "rank \(rankBefore)", "has been silent for \(Int(Self.silenceSeconds)) seconds",
      hint: "run the same command again: it goes on from the newest generation")
  }
}

/// When this rank last said that it is alive, and last heard so of the one before it.
private struct Pulse {
  var beat = ContinuousClock.now
  var heard = ContinuousClock.now
}
