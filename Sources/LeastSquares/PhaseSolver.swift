import BlockMatrix
import Kernels

/// Solves the rows of one side while the other side is fixed.
///
/// A row's factors x minimise its part of the objective: (Σ w·yyᵀ + what all cells add + ridge·I) x
/// = Σ t·y over its ratings and their fixed factors y, exactly (Zhou et al. 2008, section 3.1; Hu
/// et al. 2008, equation 4). With biases the row's bias is one more unknown, against a one in y.
/// What a row becomes depends on its ratings, the fixed side and the hyperparameters alone: not on
/// the other rows of its item, nor on who sums its segments.
package struct PhaseSolver: Sendable {
  package let hyperparameters: Hyperparameters
  let kernels: KernelSet
  let fixed: FactorTable
  let solved: FactorTable
  /// Who holds the fixed side; `nil` where this process holds all of it.
  let scattered: ScatteredSide?
  let preparation: Preparation
  let exactGramian = ExactGramian()
  /// μ.
  let mean: Float

  /// Prepares a phase.
  ///
  /// - Parameters:
  ///   - kernels: The loops to use; every set gives the same bits.
  ///   - hyperparameters: The model's settings.
  ///   - fixed: The side that the columns of the blocks refer to; not written while the solver
  ///     lives.
  ///   - scattered: Who holds the fixed side's rows, where `fixed` has not all of them.
  ///   - solved: The side that the rows belong to. Conjugate gradients begin with what it holds.
  ///   - workers: How many threads the preparation may use; its bits do not depend on it.
  ///   - mean: μ, which biases are added to; 0 without biases.
  ///   - memory: What the preparation works in; no other solver that uses it lives.
  /// - Throws: `.memory` where there is none left for what is prepared; `.data` where the fixed
  ///   side is not finite.
  /// - Complexity: O(rows · rank² + rank³) for implicit feedback, else O(1).
  package init(
    kernels: KernelSet, hyperparameters: Hyperparameters, fixed: FactorTable,
    scattered: ScatteredSide? = nil, solved: FactorTable, workers: Int, mean: Float = 0,
    memory: PhaseMemory = PhaseMemory()
  ) throws(Failure) {
    precondition(fixed.stride == solved.stride && fixed.rank == solved.rank)
    precondition(fixed.hasBias == hyperparameters.hasBias && solved.hasBias == fixed.hasBias)
    precondition(workers >= 1)
    self.kernels = kernels
    self.hyperparameters = hyperparameters
    self.fixed = fixed
    self.scattered = scattered
    self.solved = solved
    self.mean = hyperparameters.hasBias ? mean : 0
    preparation = try Preparation(
      hyperparameters, fixed: fixed, scattered: scattered, kernels: kernels, workers: workers,
      memory: memory)
  }

  /// Makes what postponed rows wait for, together with the processes that hold the other rows.
  ///
  /// - Complexity: O(rows · rank²), one process after another.
  package func prepareForDoubles() throws(Failure) {
    guard let scattered, let confidence = hyperparameters.feedback.confidence else { return }
    try exactGramian.make(scattered, weight: confidence.unobservedWeight, kernels: kernels)
  }

  /// Makes the memory that one worker needs.
  ///
  /// - Throws: `.memory` where there is none left.
  package func makeScratch() throws(Failure) -> SolverScratch {
    try SolverScratch(width: fixed.stride)
  }

  /// The bytes that a phase works in: what is prepared, and each worker's scratch.
  ///
  /// - Parameter rowCount: The rows of the larger side.
  package static func workingByteCount(
    _ hyperparameters: Hyperparameters, rowCount: Int, workers: Int
  ) -> Int {
    let width = FactorTable.stride(rank: hyperparameters.rank, hasBias: hyperparameters.hasBias)
    return workers * SolverScratch.byteCount(width: width)
      + Preparation.byteCount(
        hyperparameters, width: width, rowCount: rowCount, workers: workers)
  }

  /// Solves some rows of a block and writes them into the solved table.
  ///
  /// - Parameters:
  ///   - rows: Positions in the block; no other worker solves them.
  ///   - block: Its columns are rows of the fixed table, its indices rows of the solved one.
  ///   - scratch: The worker's own.
  /// - Returns: An outcome for each row, in order.
  /// - Throws: `.memory` where rows have to be solved in Double and there is none left for it.
  /// - Complexity: O(ratings · rank² + rows · rank³).
  package func solve(
    rows: Range<Int>, of block: RatingBlock, scratch: inout SolverScratch
  ) throws(Failure) -> [RowOutcome] {
    check(block)
    var outcomes: [RowOutcome] = []
    outcomes.reserveCapacity(rows.count)
    var unsolved: [Int] = []
    unsafe withView(of: block) { view in
      for row in rows {
        let outcome = unsafe solve(
          index: block.firstIndex + row, block.ratings(ofRow: row), view, &scratch)
        if outcome == nil { unsolved.append(row) }
        outcomes.append(outcome ?? RowOutcome(squaredError: 0, fallbacks: 0))
      }
    }
    turnBack(block.firstIndex + rows.lowerBound, count: rows.count, &scratch)
    // Rows in Double have no other basis than the factors' own.
    for row in unsolved {
      outcomes[row - rows.lowerBound] = try solveInDouble(row: row, of: block, scratch: &scratch)
    }
    return outcomes
  }

  /// Sums one segment of a long row.
  ///
  /// - Parameters:
  ///   - segment: Its number, below ``segmentCount(_:)`` of the row's ratings.
  ///   - row: The row's position in the block.
  ///   - block: See ``solve(rows:of:scratch:)``.
  ///   - scratch: The worker's own.
  /// - Returns: What ``solve(row:of:folding:scratch:)`` wants, in the order of the segments.
  /// - Throws: Nothing that ratings can cause.
  package func accumulate(
    segment: Int, ofRow row: Int, of block: RatingBlock, scratch: inout SolverScratch
  ) throws(Failure) -> PartialSums {
    check(block)
    let ratings = Self.segmentRange(segment, of: block.ratings(ofRow: row))
    return unsafe withView(of: block) { view in
      let width = fixed.stride
      let facts = unsafe accumulate(
        ratings, view, &scratch, matrix: scratch.matrix, vector: scratch.vector)
      return unsafe PartialSums(
        matrix: Array(UnsafeBufferPointer(start: scratch.matrix, count: width * width)),
        vector: Array(UnsafeBufferPointer(start: scratch.vector, count: width)), facts: facts)
    }
  }

  /// Solves a long row from the sums of its segments.
  ///
  /// - Parameters:
  ///   - row: The row's position in the block; no other worker solves it.
  ///   - block: See ``solve(rows:of:scratch:)``.
  ///   - parts: The sums of all segments of the row, in order.
  ///   - scratch: The worker's own.
  /// - Returns: The row's outcome.
  /// - Throws: As ``solve(rows:of:scratch:)``.
  package func solve(
    row: Int, of block: RatingBlock, folding parts: [PartialSums], scratch: inout SolverScratch
  ) throws(Failure) -> RowOutcome {
    check(block)
    let count = block.ratings(ofRow: row).count
    precondition(parts.count == Self.segmentCount(count), "\(parts.count) segments of \(count)")
    var facts = RowFacts()
    for (position, part) in parts.enumerated() {
      unsafe part.matrix.withUnsafeBufferPointer { matrix in
        unsafe part.vector.withUnsafeBufferPointer { vector in
          guard let matrix = matrix.baseAddress, let vector = vector.baseAddress else { return }
          unsafe fold(matrix, vector, isFirst: position == 0, &scratch)
        }
      }
      facts.append(part.facts)
    }
    let index = block.firstIndex + row
    guard let outcome = solvePrimal(index: index, facts, &scratch) else {
      return try solveInDouble(row: row, of: block, scratch: &scratch)
    }
    turnBack(index, count: 1, &scratch)
    return outcome
  }

  /// Lends a block's ratings as this phase reads them.
  func withView<Output>(
    of block: RatingBlock, _ body: (RatingView) -> Output
  ) -> Output {
    unsafe RatingView.withView(
      of: block, confidence: hyperparameters.feedback.confidence, mean: mean, body)
  }

  /// Turns rows that were solved in a basis of their own back.
  private func turnBack(_ index: Int, count: Int, _ scratch: inout SolverScratch) {
    guard case .rotated(let basis) = preparation, count > 0 else { return }
    unsafe basis.turnBack(
      solved.writableRow(index), count: count, kernels: kernels, panel: scratch.panel)
  }

  private func check(_ block: RatingBlock) {
    precondition(block.firstIndex >= 0 && block.indices.upperBound <= solved.rowCount)
  }
}
