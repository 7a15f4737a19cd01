import BlockMatrix
import BlockStore
import FactorExchange
import LeastSquares
import Workers

/// What a phase leaves beside the factors.
struct PhaseOutcome: Sendable {
  /// Σ (r − r̂)² of each row that this process solves, in order.
  let squaredErrors: [Double]
  let fallbackRows: Int
  let doubleRows: Int
  let workerTime: WorkerTime
}

/// Half an iteration: every row of one side solved, the other side fixed.
struct Phase: Sendable {
  let side: Side
  let solver: PhaseSolver
  let source: RatingBlockSource
  let exchange: FactorExchange
  /// The blocks to solve, dearest first.
  let blocks: [Int]
  let workers: Int
  let stop: StopRequest
  let trace: Trace?
  /// Told about the ratings done, at most ten times a second.
  let progress: @Sendable (_ ratingsDone: Int) -> Void

  /// Solves the rows that this process owns, and waits for those of the others.
  ///
  /// - Returns: `nil` where a stop request ended the phase early, here or elsewhere; the factors
  ///   are then of no use.
  func run(rowCount: Int) throws(Failure) -> PhaseOutcome? {
    let board = PhaseBoard(blocks: blocks, workers: workers, stop: stop)
    let ledger = PhaseLedger(rowCount: rowCount, progress: progress)
    let meter = WorkMeter(workers: workers, trace: trace)
    try WorkerThreads.run(workers) { worker in
      do throws(Failure) {
        var scratch = try solver.makeScratch()
        while let task = board.next() {
          try meter.measure(
            task.work, by: worker, task.name,
            ["side": .string(side.rawValue), "block": .int(task.block)]
          ) { () throws(Failure) in
            try perform(task, on: board, ledger, &scratch)
          }
        }
      } catch {
        board.fail(error)
      }
    }
    if let failure = board.failure { throw failure }
    let postponed = ledger.postponedRows
    let found = try exchange.ranks.totals([board.wasStopped ? 1 : 0, postponed.count])
    guard found[0] == 0 else { return nil }
    if found[1] > 0 { try solve(postponed, ledger) }
    try trace.record("broadcast \(side.plural)", in: .broadcast) { () throws(Failure) in
      try exchange.complete(side)
    }
    return ledger.outcome(meter.time)
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
      ledger.enter(outcomes, of: block, from: rows.lowerBound, ratings: ratings)
      try finishPiece(of: block, on: board, ledger)
    case .accumulate(let segment, let row, let block):
      let sums = try solver.accumulate(
        segment: segment, ofRow: row, of: block, scratch: &scratch)
      let index = block.firstIndex + row
      if let parts = board.collect(sums, segment: segment, ofIndex: index) {
        let outcome = try solver.solve(row: row, of: block, folding: parts, scratch: &scratch)
        ledger.enter([outcome], of: block, from: row, ratings: block.ratings(ofRow: row).count)
      }
      try finishPiece(of: block, on: board, ledger)
    }
  }

  /// A block's rows leave as soon as all of them are solved, while others are being solved.
  private func finishPiece(
    of block: RatingBlock, on board: PhaseBoard, _ ledger: PhaseLedger
  ) throws(Failure) {
    defer { board.finishedPiece() }
    guard board.isLastPiece(of: block.block), !ledger.hasPostponed(block.block) else { return }
    try exchange.publish(block.indices, of: side)
  }

  /// Solves the rows that wait for what all ranks make together.
  private func solve(_ postponed: [PostponedRow], _ ledger: PhaseLedger) throws(Failure) {
    try solver.prepareForDoubles()
    let byBlock = Dictionary(grouping: postponed, by: \.block)
    let numbers = byBlock.keys.sorted()
    _ = try Parallel.map(numbers.count, workers: workers) { position throws(Failure) in
      let block = try source.block(numbers[position], of: side)
      var scratch = try solver.makeScratch()
      for row in byBlock[block.block] ?? [] {
        let outcome = try solver.solveInDouble(row: row.row, of: block, scratch: &scratch)
        ledger.enter([outcome], of: block, from: row.row, ratings: 0)
      }
      try exchange.publish(block.indices, of: side)
    }
  }
}

/// A row that has still to be solved.
private struct PostponedRow {
  let block: Int
  /// Its position in the block.
  let row: Int
}

/// Collects what the rows' solves leave, in whatever order they end.
private final class PhaseLedger: Sendable {
  private struct State {
    var squaredErrors: [Double]
    var fallbackRows = 0
    var doubleRows = 0
    var postponed: [PostponedRow] = []
    var ratingsDone = 0
    var lastProgress = ContinuousClock.now
  }

  private let state: Locked<State>
  private let progress: @Sendable (Int) -> Void

  init(rowCount: Int, progress: @escaping @Sendable (Int) -> Void) {
    state = Locked(State(squaredErrors: Array(repeating: 0, count: rowCount)))
    self.progress = progress
  }

  /// Takes in what came of some rows of a block, from its row `first` on.
  func enter(_ outcomes: [RowOutcome], of block: RatingBlock, from first: Int, ratings: Int) {
    let done: Int? = state.withLock { state in
      for (offset, outcome) in outcomes.enumerated() {
        let row = first + offset
        if outcome.isPostponed {
          state.postponed.append(PostponedRow(block: block.block, row: row))
        }
        state.squaredErrors[block.firstIndex + row] = outcome.squaredError
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

  var postponedRows: [PostponedRow] { state.withLock { $0.postponed } }

  func hasPostponed(_ block: Int) -> Bool {
    state.withLock { $0.postponed.contains { $0.block == block } }
  }

  func outcome(_ workerTime: WorkerTime) -> PhaseOutcome {
    state.withLock { state in
      PhaseOutcome(
        squaredErrors: state.squaredErrors, fallbackRows: state.fallbackRows,
        doubleRows: state.doubleRows, workerTime: workerTime)
    }
  }
}
