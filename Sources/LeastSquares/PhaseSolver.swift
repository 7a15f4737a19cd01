import BlockMatrix
import Kernels

/// Solves the rows of one side while the other side is fixed.
///
/// A row's factors x minimise Σ (r − x·y)² + ridge·|x|² over its ratings r and their fixed factors
/// y: (Σ yyᵀ + ridge·I) x = Σ r·y, exactly, by Cholesky (Zhou et al. 2008, section 3.1). What a row
/// becomes depends on its ratings, the fixed side and the hyperparameters alone: not on the other
/// rows of its item, nor on who sums its segments.
package struct PhaseSolver: Sendable {
  package let hyperparameters: Hyperparameters
  let kernels: KernelSet
  let fixed: FactorTable
  let solved: FactorTable

  /// Prepares a phase.
  ///
  /// - Parameters:
  ///   - kernels: The loops to use; every set gives the same bits.
  ///   - hyperparameters: The model's settings.
  ///   - fixed: The side that the columns of the blocks refer to; not written while the solver
  ///     lives.
  ///   - solved: The side that the rows belong to.
  ///   - workers: How many threads the preparation may use.
  /// - Throws: `.memory` where there is none left for what is prepared.
  package init(
    kernels: KernelSet, hyperparameters: Hyperparameters, fixed: FactorTable, solved: FactorTable,
    workers: Int
  ) throws(Failure) {
    precondition(fixed.stride == solved.stride && fixed.rank == solved.rank)
    precondition(workers >= 1)
    self.kernels = kernels
    self.hyperparameters = hyperparameters
    self.fixed = fixed
    self.solved = solved
  }

  /// Makes the memory that one worker needs.
  ///
  /// - Throws: `.memory` where there is none left.
  package func makeScratch() throws(Failure) -> SolverScratch {
    try SolverScratch(width: fixed.stride)
  }

  /// The bytes of one worker's scratch memory.
  package static func scratchByteCount(_ hyperparameters: Hyperparameters) -> Int {
    SolverScratch.byteCount(
      width: FactorTable.stride(rank: hyperparameters.rank, hasBias: false))
  }

  /// Solves some rows of a block and writes them into the solved table.
  ///
  /// - Parameters:
  ///   - rows: Positions in the block; no other worker solves them.
  ///   - block: Its columns are rows of the fixed table, its indices rows of the solved one.
  ///   - scratch: The worker's own.
  /// - Returns: An outcome for each row, in order.
  /// - Throws: Nothing that ratings can cause.
  /// - Complexity: O(ratings · rank² + rows · rank³).
  package func solve(
    rows: Range<Int>, of block: RatingBlock, scratch: inout SolverScratch
  ) throws(Failure) -> [RowOutcome] {
    check(block)
    var outcomes: [RowOutcome] = []
    outcomes.reserveCapacity(rows.count)
    unsafe RatingView.withView(of: block) { view in
      for row in rows {
        let ratings = block.ratings(ofRow: row)
        let squares = unsafe sum(ratings, view, &scratch)
        outcomes.append(
          finish(index: block.firstIndex + row, count: ratings.count, squares: squares, &scratch))
      }
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
    return unsafe RatingView.withView(of: block) { view in
      let width = fixed.stride
      let squares = unsafe accumulate(
        ratings, view, &scratch, matrix: scratch.matrix, vector: scratch.vector)
      return unsafe PartialSums(
        matrix: Array(UnsafeBufferPointer(start: scratch.matrix, count: width * width)),
        vector: Array(UnsafeBufferPointer(start: scratch.vector, count: width)), squares: squares)
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
  /// - Throws: Nothing that ratings can cause.
  package func solve(
    row: Int, of block: RatingBlock, folding parts: [PartialSums], scratch: inout SolverScratch
  ) throws(Failure) -> RowOutcome {
    check(block)
    let count = block.ratings(ofRow: row).count
    precondition(parts.count == Self.segmentCount(count), "\(parts.count) segments of \(count)")
    var squares = 0.0
    for (position, part) in parts.enumerated() {
      unsafe part.matrix.withUnsafeBufferPointer { matrix in
        unsafe part.vector.withUnsafeBufferPointer { vector in
          guard let matrix = matrix.baseAddress, let vector = vector.baseAddress else { return }
          unsafe fold(matrix, vector, isFirst: position == 0, &scratch)
        }
      }
      squares += part.squares
    }
    return finish(index: block.firstIndex + row, count: count, squares: squares, &scratch)
  }

  private func check(_ block: RatingBlock) {
    precondition(block.firstIndex >= 0 && block.indices.upperBound <= solved.rowCount)
  }
}
