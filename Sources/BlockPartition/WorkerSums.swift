import BlockMatrix
import Workers

/// Work on parts whose results are sums: each worker keeps one of its own.
enum WorkerSums {
  /// Runs `body` for each part in `0..<count`, with a state that no other worker has meanwhile.
  ///
  /// - Returns: The states, as many as there were workers at most, in no order: they may only be
  ///   added up exactly.
  /// - Throws: The failure of the part with the lowest number among those that failed.
  static func run<State: Sendable>(
    _ count: Int, workers: Int, _ initial: State,
    _ body: @escaping @Sendable (Int, inout State) throws(Failure) -> Void
  ) throws(Failure) -> [State] {
    let idle = Locked<[State]>([])
    _ = try Parallel.map(count, workers: workers) { part throws(Failure) in
      // Taken out of the list, not copied: whoever changes it is its only owner.
      var state = idle.withLock { $0.popLast() } ?? initial
      try body(part, &state)
      idle.withLock { [state] in $0.append(state) }
    }
    return idle.withLock { $0 }
  }
}
