import BlockMatrix
import LeastSquares
import Workers

/// What a worker does next in a phase.
enum PhaseTask {
  /// Read and decode a block, and hand its work to all.
  case load(block: Int)
  /// Solve rows of a block.
  case solve(rows: Range<Int>, of: RatingBlock)
  /// Sum up one segment of a row that is too long for one worker.
  case accumulate(segment: Int, ofRow: Int, of: RatingBlock)

  /// What it is called in a trace.
  var name: StaticString {
    switch self {
    case .load: "read"
    case .solve: "solve rows"
    case .accumulate: "sum a segment"
    }
  }

  var work: WorkMeter.Work {
    if case .load = self { .reading } else { .solving }
  }

  /// The block that it belongs to.
  var block: Int {
    switch self {
    case .load(let block): block
    case .solve(_, let block), .accumulate(_, _, let block): block.block
    }
  }
}

/// Hands out the work of one phase.
///
/// Blocks are loaded in the order given, dearest first, and a few ahead of the solving: reading and
/// decoding overlap with arithmetic. Rows of a block are handed out in pieces of about equal cost,
/// so that one block keeps all workers busy. Which worker does what changes no result: each row is
/// solved from its own ratings alone, and a row in segments is folded in the order of its segments.
final class PhaseBoard: Sendable {
  private struct LoadedBlock {
    let block: RatingBlock
    let work: [WorkItem]
    /// The first piece not yet taken.
    var next = 0
  }

  private struct State {
    /// Blocks not yet loaded, the next one last.
    var waiting: [Int]
    var loading = 0
    /// Loaded blocks with work left, in the order they came.
    var loaded: [LoadedBlock] = []
    /// Pieces taken and not finished.
    var running = 0
    /// Pieces of each loaded block that are not finished.
    var unfinished: [Int: Int] = [:]
    /// Sums of the long rows, by index, as they come in.
    var partials: [Int: [PartialSums?]] = [:]
    var failure: Failure?
    var stopped = false
  }

  private let state: Monitor<State>
  private let readAhead: Int
  private let stop: StopRequest

  /// How many loaded blocks wait untouched while others are solved.
  static func readAhead(_ workers: Int) -> Int { max(1, workers / 4) }

  init(blocks: [Int], workers: Int, stop: StopRequest) {
    state = Monitor(State(waiting: blocks.reversed()))
    readAhead = Self.readAhead(workers)
    self.stop = stop
  }

  /// Whether the phase was left before its end.
  var wasStopped: Bool { state.withLock { $0.stopped } }
  var failure: Failure? { state.withLock { $0.failure } }

  /// The next task, waiting until there is one; nothing when the phase is over.
  func next() -> PhaseTask? {
    let task: PhaseTask?? = state.wait { state in
      if stop.isSet { state.stopped = true }
      if state.stopped || state.failure != nil { return .some(nil) }
      let untouched = state.loaded.count { $0.next == 0 }
      let isShort = untouched + state.loading < readAhead
      if isShort, let block = takeBlock(&state) { return .some(block) }
      if let piece = takePiece(&state) { return .some(piece) }
      if let block = takeBlock(&state) { return .some(block) }
      return state.loading + state.running > 0 ? nil : .some(nil)
    }
    return task.flatMap(\.self)
  }

  private func takeBlock(_ state: inout State) -> PhaseTask? {
    guard let block = state.waiting.popLast() else { return nil }
    state.loading += 1
    return .load(block: block)
  }

  private func takePiece(_ state: inout State) -> PhaseTask? {
    guard let first = state.loaded.first else { return nil }
    let item = first.work[first.next]
    let block = first.block
    state.loaded[0].next += 1
    // A block without work left is let go; it lives as long as its last piece.
    if first.next + 1 == first.work.count { state.loaded.removeFirst() }
    state.running += 1
    switch item.kind {
    case .rows(let rows): return .solve(rows: rows, of: block)
    case .segment(let row, let segment, let count):
      if state.partials[block.firstIndex + row] == nil {
        state.partials[block.firstIndex + row] = Array(repeating: nil, count: count)
      }
      return .accumulate(segment: segment, ofRow: row, of: block)
    }
  }

  func loaded(_ block: RatingBlock, work: [WorkItem]) {
    state.withLock { state in
      state.loading -= 1
      if !work.isEmpty { state.loaded.append(LoadedBlock(block: block, work: work)) }
      state.unfinished[block.block] = work.count
    }
  }

  /// Takes in a segment's sums; returns all of the row's, in order, when they are complete.
  ///
  /// The caller then solves the row before it says that its piece is finished.
  func collect(_ sums: PartialSums, segment: Int, ofIndex index: Int) -> [PartialSums]? {
    state.withLock { state in
      state.partials[index]?[segment] = sums
      guard let parts = state.partials[index], parts.allSatisfy({ $0 != nil }) else { return nil }
      state.partials[index] = nil
      return parts.compactMap(\.self)
    }
  }

  /// Counts a piece of a block; whether it was the last.
  func isLastPiece(of block: Int) -> Bool {
    state.withLock { state in
      state.unfinished[block, default: 1] -= 1
      return state.unfinished[block] == 0
    }
  }

  func finishedPiece() { state.withLock { $0.running -= 1 } }

  /// Ends the phase; the first failure to arrive is kept.
  func fail(_ failure: Failure) {
    state.withLock { if $0.failure == nil { $0.failure = failure } }
  }
}
