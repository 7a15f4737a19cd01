import BlockMatrix
import Dispatch
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
package final class SignalWatch {
  private let sources: [any DispatchSourceSignal]

  /// Calls `handler` for each arrival of one of `signals`, which lose their default effect.
  package init(_ signals: [Int32], handler: @escaping @Sendable (Int32) -> Void) {
    let queue = DispatchQueue(label: "blockals.signals")
    sources = signals.map { number in
      // Dispatch only watches: without this, the signal would end the process all the same.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { handler(number) }
      source.resume()
      return source
    }
  }

  deinit { for source in sources { source.cancel() } }
}
