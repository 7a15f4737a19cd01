import BlockMatrix
import BlockStore
import Workers

/// Where the time of a training goes: a file in Chrome's trace-event format, as Perfetto and
/// `chrome://tracing` show it.
///
/// A lane for the phases, one for each worker and for its reading, one for the broadcast and one
/// for what is written. Events go to the disk as they come; the file has its name when the run has
/// ended, however that was.
package final class Trace: Sendable {
  /// What is shown side by side.
  enum Lane {
    case phases
    case worker(Int)
    case reading(Int)
    case broadcast
    case writing

    /// Lanes are shown by their numbers.
    var number: Int {
      switch self {
      case .phases: 0
      case .broadcast: 1
      case .writing: 2
      case .worker(let worker): 10 + worker
      case .reading(let worker): 10_000 + worker
      }
    }
  }

  private static let beginning = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"

  private struct State {
    var text: String
    var isEmpty = true
    /// The first thing that went wrong; the training goes on.
    var failure: Failure?
  }

  private let renewed: RenewedFile
  private let file: any WritableFile
  private let origin = ContinuousClock.now
  private let state: Locked<State>

  /// Begins a trace, which takes the place of an earlier one.
  ///
  /// - Parameter workers: How many lanes there are.
  /// - Throws: `.output` where something else has the name.
  package init(
    _ path: String, workers: Int, in fileSystem: any FileSystem
  ) throws(Failure) {
    renewed = try RenewedFile(path, beginning: Self.beginning, in: fileSystem)
    file = try renewed.begin()
    var lanes: [(Lane, String)] = [
      (.phases, "phases"), (.broadcast, "broadcast"), (.writing, "writing"),
    ]
    lanes += (0..<workers).map { (.worker($0), "worker \($0 + 1)") }
    lanes += (0..<workers).map { (.reading($0), "reading by worker \($0 + 1)") }
    state = Locked(
      State(text: Self.beginning + lanes.map(Self.name).joined(separator: ",\n")))
  }

  private static func name(_ lane: Lane, _ name: String) -> String {
    let (pid, tid): (JSONText, JSONText) = (.int(1), .int(lane.number))
    let events: [JSONText] = [
      [
        "name": .string("thread_name"), "ph": .string("M"), "pid": pid, "tid": tid,
        "args": ["name": .string(name)],
      ],
      [
        "name": .string("thread_sort_index"), "ph": .string("M"), "pid": pid, "tid": tid,
        "args": ["sort_index": tid],
      ],
    ]
    return events.map(\.text).joined(separator: ",\n")
  }

  /// Does some work, and notes when.
  func record<Output>(
    _ name: String, in lane: Lane, _ facts: JSONText = [:],
    _ work: () throws(Failure) -> Output
  ) throws(Failure) -> Output {
    let began = ContinuousClock.now
    defer { note(name, in: lane, since: began, began.seconds, facts) }
    return try work()
  }

  /// Notes something that has taken some seconds.
  func note(
    _ name: String, in lane: Lane, since began: ContinuousClock.Instant, _ seconds: Double,
    _ facts: JSONText = [:]
  ) {
    let (whole, fraction) = (began - origin).components
    let start = Double(whole) + Double(fraction) * 1e-18
    let event: JSONText = [
      "name": .string(name), "ph": .string("X"), "pid": .int(1), "tid": .int(lane.number),
      "ts": Self.microseconds(start), "dur": Self.microseconds(seconds), "args": facts,
    ]
    let text = ",\n" + event.text
    state.withLock { state in
      state.text += text
      state.isEmpty = false
      if state.text.utf8.count >= Self.bufferByteCount { flush(&state) }
    }
  }

  /// A time as the format has it, to the nanosecond.
  private static func microseconds(_ seconds: Double) -> JSONText {
    .number((seconds * 1e9).rounded() / 1e3)
  }

  private static let bufferByteCount = 1 << 16

  private func flush(_ state: inout State) {
    let bytes = Array(state.text.utf8)
    state.text = ""
    guard state.failure == nil else { return }
    do throws(Failure) { try file.write(bytes) } catch { state.failure = error }
  }

  /// Puts the file in place, where anything was noted.
  ///
  /// - Throws: What the disk has reported, now or before.
  package func finish() throws(Failure) {
    let isComplete = try state.withLock { state throws(Failure) in
      guard !state.isEmpty else {
        try? file.close()
        return false
      }
      state.text += "\n]}\n"
      flush(&state)
      if let failure = state.failure {
        try? file.close()
        throw failure
      }
      try file.commit()
      return true
    }
    if isComplete { try renewed.putInPlace() }
  }
}

extension Trace? {
  /// Does some work, and notes when, where there is a trace.
  func record<Output>(
    _ name: @autoclosure () -> String, in lane: Trace.Lane,
    _ facts: @autoclosure () -> JSONText = [:], _ work: () throws(Failure) -> Output
  ) throws(Failure) -> Output {
    guard let self else { return try work() }
    return try self.record(name(), in: lane, facts(), work)
  }
}
