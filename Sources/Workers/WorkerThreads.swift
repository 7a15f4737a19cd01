import Dispatch

/// Threads that run at once, as many as were asked for.
package enum WorkerThreads {
  /// Runs `body` once for each worker, on a thread each, and returns when all have ended.
  ///
  /// Each worker has a serial queue of its own: Dispatch gives every such queue a thread, also
  /// where there are more workers than cores. (`concurrentPerform` never runs more than the cores.)
  ///
  /// - Parameters:
  ///   - count: How many run at once, at least 1. A single worker runs on the caller's thread.
  ///   - body: The worker's whole life; its argument is the worker's number, from 0.
  package static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    precondition(count >= 1)
    guard count > 1 else { return body(0) }
    let running = DispatchGroup()
    for worker in 0..<count {
      DispatchQueue(label: "blockals.worker.\(worker)").async(group: running) { body(worker) }
    }
    running.wait()
  }
}
