import BlockMatrix
import Synchronization

/// Work that falls into independent parts.
package enum Parallel {
  /// Runs `body` for each index in `0..<count` and returns the results in index order.
  ///
  /// A worker takes the next index when it has finished its last one. The results depend on neither
  /// the number of workers nor timing, as long as each depends on its index alone.
  ///
  /// - Throws: Among the failures that happened, the one with the lowest index. After a failure no
  ///   worker takes another index. `.memory` where there are not so many threads.
  package static func map<Output: Sendable>(
    _ count: Int, workers: Int, _ body: @escaping @Sendable (Int) throws(Failure) -> Output
  ) throws(Failure) -> [Output] {
    try map(count, workers: workers) { index, _ throws(Failure) in try body(index) }
  }

  /// The same with the number of the worker beside the index.
  package static func map<Output: Sendable>(
    _ count: Int, workers: Int, _ body: @escaping @Sendable (Int, Int) throws(Failure) -> Output
  ) throws(Failure) -> [Output] {
    guard count > 0 else { return [] }
    let board = Board<Output>(count: count)
    try WorkerThreads.run(min(max(1, workers), count)) { worker in
      while let index = board.nextIndex() {
        do throws(Failure) {
          board.finish(index, with: try body(index, worker))
        } catch {
          board.fail(index, with: error)
        }
      }
    }
    return try board.results()
  }

  /// The same for ranges of one length, the last of them shorter, that make up `0..<count`.
  package static func map<Output: Sendable>(
    rangesOf count: Int, length: Int, workers: Int,
    _ body: @escaping @Sendable (Range<Int>) throws(Failure) -> Output
  ) throws(Failure) -> [Output] {
    try map((count + length - 1) / length, workers: workers) { part throws(Failure) in
      try body(part * length..<min(count, (part + 1) * length))
    }
  }

  /// What the workers of one `map` share.
  private final class Board<Output: Sendable>: Sendable {
    struct State {
      var outputs: [Output?]
      var failure: (index: Int, failure: Failure)?
    }

    let count: Int
    let next = Atomic<Int>(0)
    let state: Locked<State>

    init(count: Int) {
      self.count = count
      state = Locked(State(outputs: Array(repeating: nil, count: count), failure: nil))
    }

    func nextIndex() -> Int? {
      // Relaxed: only the number is shared here; results go through the lock.
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      return index < count ? index : nil
    }

    func finish(_ index: Int, with output: Output) {
      state.withLock { $0.outputs[index] = output }
    }

    func fail(_ index: Int, with failure: Failure) {
      // Nobody gets another index.
      next.store(count, ordering: .relaxed)
      state.withLock { state in
        if let earlier = state.failure, earlier.index <= index { return }
        state.failure = (index, failure)
      }
    }

    func results() throws(Failure) -> [Output] {
      try state.withLock { state throws(Failure) in
        if let failure = state.failure { throw failure.failure }
        let finished = state.outputs.compactMap(\.self)
        precondition(finished.count == state.outputs.count, "a part was never worked on")
        return finished
      }
    }
  }
}
