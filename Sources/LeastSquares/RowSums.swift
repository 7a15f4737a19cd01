import BlockMatrix
import CSystem
import Kernels

// From a row's ratings to the matrix and the vector of its normal equations, in scratch memory.

extension PhaseSolver {
  /// The table that rows are solved against.
  var table: FactorTable {
    if case .rotated(let basis) = preparation { basis.table } else { fixed }
  }

  /// Where a row of the table has its bias; negative without biases.
  var biasPosition: Int { fixed.hasBias ? fixed.rank : -1 }

  /// Whether ratings have weights of their own.
  var isWeighted: Bool { hyperparameters.feedback != .explicit }

  /// Solves a whole row by whichever way the model and the row want; `nil` where floats cannot.
  @unsafe
  func solve(
    index: Int, _ ratings: Range<Int>, _ view: RatingView, _ scratch: inout SolverScratch
  ) -> RowOutcome? {
    guard !ratings.isEmpty else { return writeZeros(index: index, RowFacts()) }
    if let steps = hyperparameters.cgSteps {
      return unsafe solveConjugate(index: index, ratings, view, steps: steps, &scratch)
    }
    if isDual(count: ratings.count) {
      let facts = unsafe view.decode(
        ratings, targets: scratch.targets, weights: scratch.weights)
      guard facts.hasTarget else { return writeZeros(index: index, facts) }
      if !facts.hasNegativeWeight {
        return unsafe solveDual(index: index, ratings, facts, view, &scratch)
      }
    }
    var facts = unsafe accumulate(
      Self.segmentRange(0, of: ratings), view, &scratch, matrix: scratch.matrix,
      vector: scratch.vector)
    for segment in 1..<max(1, Self.segmentCount(ratings.count)) {
      facts.append(
        unsafe accumulate(
          Self.segmentRange(segment, of: ratings), view, &scratch, matrix: scratch.factor,
          vector: scratch.segmentVector))
      unsafe fold(scratch.factor, scratch.segmentVector, isFirst: false, &scratch)
    }
    return solvePrimal(index: index, facts, &scratch)
  }

  /// Sums one segment into `matrix` and `vector`.
  @unsafe
  func accumulate(
    _ ratings: Range<Int>, _ view: RatingView, _ scratch: inout SolverScratch,
    matrix: UnsafeMutablePointer<Float>, vector: UnsafeMutablePointer<Float>
  ) -> RowFacts {
    guard
      let run = unsafe run(ratings, view, targets: scratch.targets, weights: scratch.weights)
    else { return RowFacts() }
    var facts = unsafe view.decode(
      ratings, targets: scratch.targets, weights: scratch.weights)
    let squares = unsafe kernels.accumulateRatings(
      run, NormalSums(panel: scratch.panel, matrix: matrix, vector: vector))
    if !isWeighted { facts.constant = squares }
    return facts
  }

  /// Some ratings as the loops read them, or `nil` where the block has none.
  @unsafe
  func run(
    _ ratings: Range<Int>, _ view: RatingView, targets: UnsafeMutablePointer<Float>,
    weights: UnsafeMutablePointer<Float>
  ) -> RatingRun? {
    guard let columns = unsafe view.columns else { return nil }
    return unsafe RatingRun(
      factors: table.base, width: table.stride, columns: columns + ratings.lowerBound,
      count: ratings.count, ahead: view.count - ratings.upperBound, targets: targets,
      weights: isWeighted ? UnsafePointer(weights) : nil, bias_position: biasPosition)
  }

  /// Puts the sums of a segment upon those of the segments before it.
  @unsafe
  func fold(
    _ matrix: UnsafePointer<Float>, _ vector: UnsafePointer<Float>, isFirst: Bool,
    _ scratch: inout SolverScratch
  ) {
    let width = fixed.stride
    if isFirst {
      unsafe scratch.matrix.update(from: matrix, count: width * width)
      unsafe scratch.vector.update(from: vector, count: width)
    } else {
      unsafe kernels.addSums(matrix, scratch.matrix, width)
      for position in 0..<width { unsafe scratch.vector[position] += vector[position] }
    }
  }

  /// The ridges of a row's factors and of its bias.
  func ridges(_ facts: RowFacts) -> (factors: Double, bias: Double) {
    (
      hyperparameters.ridge(
        count: facts.counted, oppositeCount: scattered?.rowCount ?? fixed.rowCount),
      hyperparameters.biasRidge(count: facts.counted)
    )
  }

  /// Sets what is added to a row's matrix on its diagonal.
  func setDiagonal(_ facts: RowFacts, _ scratch: inout SolverScratch) {
    let ridges = ridges(facts)
    for position in 0..<fixed.stride {
      var value = position < fixed.rank ? ridges.factors : 1
      if position < fixed.rank, case .rotated(let basis) = preparation {
        value += basis.eigenvalues[position]
      }
      if position == biasPosition { value = ridges.bias }
      unsafe scratch.diagonal[position] = Float(value)
    }
  }

  /// Writes a row of zeros: nothing is known of it, or its equations have no solution.
  func writeZeros(index: Int, _ facts: RowFacts, fallbacks: Int = 0) -> RowOutcome {
    unsafe solved.writableRow(index).update(repeating: 0, count: fixed.stride)
    return RowOutcome(squaredError: facts.constant, fallbacks: fallbacks)
  }

  /// Writes the solution that is in scratch memory.
  func write(
    index: Int, loss: Double, fallbacks: Int = 0, _ scratch: borrowing SolverScratch
  ) -> RowOutcome {
    unsafe solved.writableRow(index).update(from: scratch.solution, count: fixed.stride)
    return RowOutcome(squaredError: max(0, loss), fallbacks: fallbacks)
  }

  /// What the cells that were not given add to the loss where the basis makes them diagonal.
  func unobservedLoss(_ scratch: borrowing SolverScratch) -> Double {
    guard case .rotated(let basis) = preparation else { return 0 }
    var sum = 0.0
    for position in 0..<fixed.rank {
      let x = unsafe Double(scratch.solution[position])
      sum += basis.eigenvalues[position] * x * x
    }
    return sum
  }
}
