import BlockMatrix
import Synchronization
import Testing
import Workers

@Suite struct `Workers` {
  @Test(arguments: [1, 2, 3, 8, 64])
  func `as many run at once as were asked for`(count: Int) throws {
    // Each waits until all have arrived: with fewer threads than workers this never ends.
    let arrived = Arrivals()
    try WorkerThreads.run(count) { _ in
      arrived.count.add(1, ordering: .sequentiallyConsistent)
      while arrived.count.load(ordering: .sequentiallyConsistent) < count {}
    }
    #expect(arrived.count.load(ordering: .sequentiallyConsistent) == count)
  }

  @Test(arguments: [1, 2, 7])
  func `results come in index order`(workers: Int) throws {
    let squares = try Parallel.map(1000, workers: workers) { index throws(Failure) in index * index
    }
    #expect(squares == (0..<1000).map { $0 * $0 })
  }

  @Test(arguments: [1, 2, 7])
  func `a failure is thrown and ends the work`(workers: Int) {
    let began = Arrivals()
    #expect(throws: Failure(.data, "part 3")) {
      try Parallel.map(1_000_000, workers: workers) { index throws(Failure) in
        began.count.add(1, ordering: .relaxed)
        if index == 3 { throw Failure(.data, "part 3") }
      }
    }
    #expect(began.count.load(ordering: .relaxed) < 1_000_000)
  }
}

private final class Arrivals: Sendable {
  let count = Atomic<Int>(0)
}
