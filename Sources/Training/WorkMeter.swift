import BlockMatrix
import BlockStore
import Workers

/// What the workers of a phase did with their time, all of them together.
package struct WorkerTime: Sendable, Equatable {
  package let workers: Int
  /// Seconds of solving rows, or of steps.
  package var solving = 0.0
  /// Seconds of reading and decoding blocks.
  package var reading = 0.0

  /// The share of the workers' time in a phase that went to neither, in per cent.
  ///
  /// They waited for each other, or for what one thread does before and after.
  package func loss(ofPhase seconds: Double) -> Double {
    let all = seconds * Double(workers)
    guard all > 0 else { return 0 }
    return max(0, 100 * (1 - (solving + reading) / all))
  }
}

/// Measures what workers do in one phase.
final class WorkMeter: Sendable {
  enum Work { case solving, reading }

  private let state: Locked<WorkerTime>
  private let trace: Trace?

  init(workers: Int, trace: Trace?) {
    state = Locked(WorkerTime(workers: workers))
    self.trace = trace
  }

  var time: WorkerTime { state.withLock { $0 } }

  /// Does a piece of work, and counts what it takes.
  ///
  /// - Parameters:
  ///   - worker: Who does it, from 0.
  ///   - name: What it is called in a trace.
  ///   - facts: What a trace says of it besides.
  func measure<Output>(
    _ work: Work, by worker: Int, _ name: StaticString, _ facts: @autoclosure () -> JSONText,
    _ body: () throws(Failure) -> Output
  ) throws(Failure) -> Output {
    let began = ContinuousClock.now
    let output = try body()
    let seconds = began.seconds
    state.withLock { time in
      switch work {
      case .solving: time.solving += seconds
      case .reading: time.reading += seconds
      }
    }
    if let trace {
      let facts = facts()
      trace.note("\(name)", in: .worker(worker), since: began, seconds, facts)
      if work == .reading {
        trace.note("\(name)", in: .reading(worker), since: began, seconds, facts)
      }
    }
    return output
  }
}
