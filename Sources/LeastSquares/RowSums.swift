import BlockMatrix
import Kernels

// From a row's ratings to the matrix and the vector of its normal equations, in scratch memory.

extension PhaseSolver {
  /// Sums a whole row, segment after segment; returns Σ t².
  @unsafe
  func sum(
    _ ratings: Range<Int>, _ view: RatingView, _ scratch: inout SolverScratch
  ) -> Double {
    let first = Self.segmentRange(0, of: ratings)
    var squares = unsafe accumulate(
      first, view, &scratch, matrix: scratch.matrix, vector: scratch.vector)
    for segment in 1..<max(1, Self.segmentCount(ratings.count)) {
      squares += unsafe accumulate(
        Self.segmentRange(segment, of: ratings), view, &scratch, matrix: scratch.factor,
        vector: scratch.segmentVector)
      unsafe fold(scratch.factor, scratch.segmentVector, isFirst: false, &scratch)
    }
    return squares
  }

  /// Sums one segment into `matrix` and `vector`; returns Σ t².
  @unsafe
  func accumulate(
    _ ratings: Range<Int>, _ view: RatingView, _ scratch: inout SolverScratch,
    matrix: UnsafeMutablePointer<Float>, vector: UnsafeMutablePointer<Float>
  ) -> Double {
    guard let columns = unsafe view.columns else { return 0 }
    unsafe view.decode(ratings, into: scratch.targets)
    return unsafe kernels.accumulateRatings(
      fixed.base, fixed.stride, columns + ratings.lowerBound, ratings.count,
      view.count - ratings.upperBound, scratch.targets, nil, -1, scratch.panel, matrix, vector)
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
}
