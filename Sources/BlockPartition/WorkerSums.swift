import BlockMatrix
import RatingInput
import Workers

/// Work on parts whose results are sums: each worker keeps one of its own.
enum WorkerSums {
  /// Runs `body` for each part in `0..<count`, with the state of the worker that does it.
  ///
  /// - Returns: The workers' states, in no order: they may only be added up exactly.
  /// - Throws: The failure of the part with the lowest number among those that failed.
  static func run<State: Sendable>(
    _ count: Int, workers: Int, _ initial: State,
    _ body: @escaping @Sendable (Int, inout State) throws(Failure) -> Void
  ) throws(Failure) -> [State] {
    let next = Counter()
    let board = Board<State>()
    try WorkerThreads.run(min(max(1, workers), max(1, count))) { _ in
      var state = initial
      while !board.hasFailed {
        let part = next.add(1) - 1
        guard part < count else { break }
        do throws(Failure) {
          try body(part, &state)
        } catch {
          board.fail(part, error)
        }
      }
      board.deposit(state)
    }
    return try board.result()
  }

  private final class Board<State: Sendable>: Sendable {
    private let states = Locked<[State]>([])
    private let failure = Locked<(part: Int, failure: Failure)?>(nil)

    var hasFailed: Bool { failure.withLock { $0 != nil } }

    func fail(_ part: Int, _ found: Failure) {
      failure.withLock { failure in
        if let earlier = failure, earlier.part <= part { return }
        failure = (part, found)
      }
    }

    func deposit(_ state: State) { states.withLock { $0.append(state) } }

    func result() throws(Failure) -> [State] {
      if let found = failure.withLock({ $0 }) { throw found.failure }
      return states.withLock { $0 }
    }
  }
}
