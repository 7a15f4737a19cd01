import BlockMatrix

/// Threads that run at once, as many as were asked for.
package enum WorkerThreads {
  /// Runs `body` once for each worker, on a thread each, and returns when all have ended.
  ///
  /// - Parameters:
  ///   - count: How many run at once, at least 1. The first is the caller's thread.
  ///   - body: The worker's whole life; its argument is the worker's number, from 0.
  /// - Throws: `.memory` where there is no thread for one of them; then none has begun, as each may
  ///   wait for the others.
  package static func run(
    _ count: Int, _ body: @escaping @Sendable (Int) -> Void
  ) throws(Failure) {
    precondition(count >= 1)
    /// Whether all are there; `nil` as long as that is not known.
    let isComplete = Monitor<Bool?>(nil)
    var threads: [Thread] = []
    var refusal: Failure?
    do throws(Failure) {
      for worker in 1..<count {
        threads.append(
          try Thread { if isComplete.wait(until: { $0 }) { body(worker) } })
      }
    } catch {
      refusal = error
    }
    let isRefused = refusal != nil
    isComplete.withLock { $0 = !isRefused }
    if !isRefused { body(0) }
    for thread in threads { thread.join() }
    if let refusal { throw refusal }
  }
}
