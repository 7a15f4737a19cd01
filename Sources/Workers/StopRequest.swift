import BlockMatrix
import Glibc
import Synchronization

/// A wish to stop, set once from anywhere and read by workers between two pieces of work.
package final class StopRequest: Sendable {
  private let flag = Atomic<Bool>(false)

  package init() {}

  package var isSet: Bool { flag.load(ordering: .acquiring) }
  package func set() { flag.store(true, ordering: .releasing) }

  /// For work that is worth nothing before it is complete.
  ///
  /// - Throws: `.stopped` after a request.
  package func check() throws(Failure) {
    guard !isSet else {
      throw Failure(
        .stopped, "stopped on request; nothing was kept", hint: "run the same command again")
    }
  }
}

/// Signals, turned into calls on an ordinary thread.
package final class SignalWatch: Sendable {
  private let signals: [Int32]
  private let thread: Thread
  private let isEnded: StopRequest

  /// Calls `handler` for each arrival of one of `signals`, which lose their default effect.
  ///
  /// Threads that were there before may take no signal: made before any other thread.
  ///
  /// - Throws: `.memory` where there is no thread to wait for them.
  package init(
    _ signals: [Int32], handler: @escaping @Sendable (Int32) -> Void
  ) throws(Failure) {
    // Kept from all threads but the one that waits for them; whoever was there before ignores them.
    for number in signals { signal(number, SIG_IGN) }
    Self.keepFromThreads(signals)
    let isEnded = StopRequest()
    thread = try Thread {
      let set = Self.set(signals)
      while true {
        var number: Int32 = 0
        let error = unsafe withUnsafePointer(to: set) { unsafe sigwait($0, &number) }
        if isEnded.isSet { return }
        if error == 0 { handler(number) }
      }
    }
    self.signals = signals
    self.isEnded = isEnded
  }

  /// Keeps signals from this thread and those that it makes from now on: for whoever makes threads
  /// before there is a watch, as a library does that takes none of them.
  package static func keepFromThreads(_ signals: [Int32]) {
    let set = set(signals)
    unsafe withUnsafePointer(to: set) { _ = unsafe pthread_sigmask(SIG_BLOCK, $0, nil) }
  }

  deinit {
    isEnded.set()
    thread.send(signals[0])
    thread.join()
  }

  private static func set(_ signals: [Int32]) -> sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for number in signals { unsafe sigaddset(&set, number) }
    return set
  }
}
