import BlockMatrix
import LeastSquares
import Workers

/// What a phase leaves beside the factors.
struct PhaseOutcome: Sendable {
  /// Each row's Σ (r − r̂)², by index; zero for rows that this process does not solve.
  let squaredErrors: [Double]
  let fallbackRows: Int
  let doubleRows: Int
  /// Whether a stop request ended the phase early; the factors are then of no use.
  let wasStopped: Bool
}

/// Half an iteration: every row of one side solved, the other side fixed.
struct Phase: Sendable {
  let side: Side
  let solver: PhaseSolver
  let source: RatingBlockSource
  /// The blocks to solve, dearest first.
  let blocks: [Int]
  let workers: Int
  let stop: StopRequest
  /// Told about the ratings done, at most ten times a second.
  let progress: @Sendable (_ ratingsDone: Int) -> Void

  func run(rowCount: Int) throws(Failure) -> PhaseOutcome {
    let board = PhaseBoard(blocks: blocks, workers: workers, stop: stop)
    let ledger = PhaseLedger(rowCount: rowCount, progress: progress)
    try WorkerThreads.run(workers) { _ in
      do throws(Failure) {
        var scratch = try solver.makeScratch()
        while let task = board.next() { try perform(task, on: board, ledger, &scratch) }
      } catch {
        board.fail(error)
      }
    }
    if let failure = board.failure { throw failure }
    return ledger.outcome(wasStopped: board.wasStopped)
  }

  private func perform(
    _ task: PhaseTask, on board: PhaseBoard, _ ledger: PhaseLedger,
    _ scratch: inout SolverScratch
  ) throws(Failure) {
    switch task {
    case .load(let number):
      let block = try source.block(number, of: side)
      board.loaded(block, work: solver.work(in: block))
    case .solve(let rows, let block):
      let outcomes = try solver.solve(rows: rows, of: block, scratch: &scratch)
      let ratings = block.rowOffsets[rows.upperBound] - block.rowOffsets[rows.lowerBound]
      ledger.enter(outcomes, from: block.firstIndex + rows.lowerBound, ratings: ratings)
      board.finishedPiece()
    case .accumulate(let segment, let row, let block):
      let sums = try solver.accumulate(
        segment: segment, ofRow: row, of: block, scratch: &scratch)
      let index = block.firstIndex + row
      if let parts = board.collect(sums, segment: segment, ofIndex: index) {
        let outcome = try solver.solve(row: row, of: block, folding: parts, scratch: &scratch)
        ledger.enter([outcome], from: index, ratings: block.ratings(ofRow: row).count)
      }
      board.finishedPiece()
    }
  }
}

/// Collects what the rows' solves leave, in whatever order they end.
private final class PhaseLedger: Sendable {
  private struct State {
    var squaredErrors: [Double]
    var fallbackRows = 0
    var doubleRows = 0
    var ratingsDone = 0
    var lastProgress = ContinuousClock.now
  }

  private let state: Locked<State>
  private let progress: @Sendable (Int) -> Void

  init(rowCount: Int, progress: @escaping @Sendable (Int) -> Void) {
    state = Locked(State(squaredErrors: Array(repeating: 0, count: rowCount)))
    self.progress = progress
  }

  func enter(_ outcomes: [RowOutcome], from first: Int, ratings: Int) {
    let done: Int? = state.withLock { state in
      for (offset, outcome) in outcomes.enumerated() {
        state.squaredErrors[first + offset] = outcome.squaredError
        state.fallbackRows += outcome.fallbacks
        state.doubleRows += outcome.doubles
      }
      state.ratingsDone += ratings
      let now = ContinuousClock.now
      guard now - state.lastProgress >= .milliseconds(100) else { return nil }
      state.lastProgress = now
      return state.ratingsDone
    }
    if let done { progress(done) }
  }

  func outcome(wasStopped: Bool) -> PhaseOutcome {
    state.withLock { state in
      PhaseOutcome(
        squaredErrors: state.squaredErrors, fallbackRows: state.fallbackRows,
        doubleRows: state.doubleRows, wasStopped: wasStopped)
    }
  }
}
