import BlockMatrix
import CSystem
import KernelLoops

#if arch(x86_64)
import KernelLoopsAVX512
#endif

/// The inner loops for one instruction set; every set gives the same bits.
///
/// Pointers are to memory that begins at a multiple of 64 bytes. A loop of more than five arguments
/// takes them as structures, whose shapes `KernelArguments.h` documents; what each loop does stands
/// in the folder `KernelLoops`.
@safe
package struct KernelSet: Sendable {
  package typealias Floats = UnsafePointer<Float>
  package typealias MutableFloats = UnsafeMutablePointer<Float>
  package typealias MutableDoubles = UnsafeMutablePointer<Double>

  package let instructionSet: InstructionSet

  /// Sums the normal equations of a run of ratings; returns Σ t².
  package let accumulateRatings: @Sendable (RatingRun, NormalSums) -> Double
  /// Adds a matrix to another in the blocks on and above the diagonal: matrix, output, width.
  package let addSums: @Sendable (Floats, MutableFloats, Int) -> Void
  /// Solves a symmetric positive definite system; returns false where floats cannot.
  package let solve: @Sendable (CholeskySystem) -> Bool
  /// Adds weight · yyᵀ to a matrix of doubles: matrix, y, weight, width.
  package let addProductInDouble: @Sendable (MutableDoubles, MutableDoubles, Double, Int) -> Void
  /// Factorises a matrix of doubles in place: matrix, inverses, width, order; returns false where
  /// it is not positive definite.
  package let factoriseInDouble: @Sendable (MutableDoubles, MutableDoubles, Int, Int) -> Bool
  /// Solves with a factorised matrix of doubles: factor, inverses, vector, width, order.
  package let substituteInDouble:
    @Sendable (MutableDoubles, MutableDoubles, MutableDoubles, Int, Int) -> Void
  /// xᵀAx: matrix, x, width.
  package let quadraticForm: @Sendable (Floats, Floats, Int) -> Double
  /// Σ x·y in Double: x, y, width.
  package let dotInDouble: @Sendable (Floats, Floats, Int) -> Double

  /// Solves a row with fewer ratings than factors by its dual form; returns false where it cannot
  /// be solved.
  package let solveDual: @Sendable (RatingRun, DualSystem) -> Bool
  /// The loss of a row's ratings after its dual form was solved: targets, fitted, weights, count.
  package let dualLoss: @Sendable (Floats, Floats, Floats?, Int) -> Double
  /// Improves a row by conjugate gradients; returns what its ratings add to the loss, and Σ t².
  package let solveConjugate:
    @Sendable (RatingRun, ConjugateSystem) -> (loss: Double, squares: Double)
  /// Solves a row for factors that are not negative; returns whether it came to its end.
  package let solveNonnegative: @Sendable (NonnegativeSystem) -> Bool
  /// Fills a matrix's lower half from its upper: matrix, width.
  package let mirrorUpper: @Sendable (MutableFloats, Int) -> Void
  /// Σ y·yᵀ over rows of a table: rows, count, width, matrix.
  package let sumGramian: @Sendable (Floats, Int, Int, MutableFloats) -> Void
  /// Multiplies rows by a square matrix.
  package let multiplyRows: @Sendable (RowProduct) -> Void
  /// Makes a symmetric matrix tridiagonal: matrix and scales, output, work.
  package let tridiagonalise: @Sendable (Reflections, Tridiagonal, MutableDoubles) -> Void
  /// Multiplies reflections together, for some rows: reflections, first, count, vectors.
  package let collectReflections: @Sendable (Reflections, Int, Int, MutableDoubles) -> Void
  /// Steps towards the eigenvalues of a tridiagonal matrix: matrix, state, turns, room; returns the
  /// steps, 0 when all are done, −1 where it is not finite.
  package let stepTridiagonal: @Sendable (Tridiagonal, UnsafeMutablePointer<Int>, Turns, Int) -> Int
  /// Turns 16 columns of the eigenvectors: columns, turns, steps.
  package let turnColumns: @Sendable (ColumnSlice, Turns, Int) -> Void

  /// Predicts every pair of 8 packed users and 32 packed items: users (`depth` lines of 8 floats),
  /// items (`depth` lines of 32), depth, 8 thresholds, scores (8 lines of 32); returns a bit for
  /// each user that has a score at or above its threshold.
  package let scoreTile: @Sendable (Floats, Floats, Int, Floats, MutableFloats) -> UInt32
  /// Predicts one pair, with the bits that `scoreTile` gives it: user row, item row, rank, bias
  /// position, μ.
  package let predict: @Sendable (Floats, Floats, Int, Int, Float) -> Float

  /// Steps once against the gradient for each rating of a cell, in order: cell, ratings, count.
  package let stochasticSteps:
    @Sendable (StochasticCell, UnsafePointer<StochasticRating>, Int) -> Void
  /// Σ (r − r̂)² over ratings, in order: cell, ratings, count.
  package let stochasticSquaredError:
    @Sendable (StochasticCell, UnsafePointer<StochasticRating>, Int) -> Double

  /// Users in a packed group.
  package static let scoredUsers = KernelLoops.scoredUsers
  /// Items in a packed group.
  package static let scoredItems = KernelLoops.scoredItems

  /// Columns of a matrix that `multiplyRows` wants together.
  package static let stripColumns = KernelLoops.stripColumns
  /// The floats that `multiplyRows` works in.
  package static func productPanel(width: Int) -> Int { KernelLoops.productPanel(width: width) }

  /// The number of factor rows that `accumulateRatings` holds in a panel.
  package static func panelRows(width: Int) -> Int { KernelLoops.panelRows(width: width) }

  /// The condition number up to which the solution of equations in floats is trusted.
  package static let conditionLimit = KernelLoops.conditionLimit

  /// Chooses the loops.
  ///
  /// - Parameter wanted: `nil` for the best that this machine runs.
  /// - Returns: The loops.
  /// - Throws: `.usage` where this machine does not run the wanted set, or none at all.
  package static func select(_ wanted: InstructionSet?) throws(Failure) -> KernelSet {
    let supported = InstructionSet.supported
    // They are listed from the least to the best.
    guard let best = supported.last else {
      throw Failure(
        .usage, "this CPU has no AVX2 with fused multiply-add, which the computations need",
        hint: "use a machine with an x86-64-v3 CPU (Intel Haswell, AMD Zen or later) or with arm64")
    }
    let chosen = wanted ?? best
    guard supported.contains(chosen) else {
      throw Failure(
        .usage, setting: "instruction-set", "this machine does not run \(chosen.rawValue)",
        hint: "it runs " + supported.map(\.rawValue).joined(separator: ", "))
    }
    #if arch(x86_64)
    return chosen == .avx512 ? avx512 : base(.avx2)
    #else
    return base(chosen)
    #endif
  }

  private static func base(_ instructionSet: InstructionSet) -> KernelSet {
    unsafe KernelSet(
      instructionSet: instructionSet,
      accumulateRatings: KernelLoops.accumulateRatings,
      addSums: KernelLoops.addSums,
      solve: KernelLoops.solve,
      addProductInDouble: KernelLoops.addProductInDouble,
      factoriseInDouble: KernelLoops.factoriseInDouble,
      substituteInDouble: KernelLoops.substituteInDouble,
      quadraticForm: KernelLoops.quadraticForm,
      dotInDouble: KernelLoops.dotInDouble,
      solveDual: KernelLoops.solveDual,
      dualLoss: KernelLoops.dualLoss,
      solveConjugate: KernelLoops.solveConjugate,
      solveNonnegative: KernelLoops.solveNonnegative,
      mirrorUpper: KernelLoops.mirrorUpper,
      sumGramian: KernelLoops.sumGramian,
      multiplyRows: KernelLoops.multiplyRows,
      tridiagonalise: KernelLoops.tridiagonalise,
      collectReflections: KernelLoops.collectReflections,
      stepTridiagonal: KernelLoops.stepTridiagonal,
      turnColumns: KernelLoops.turnColumns,
      scoreTile: KernelLoops.scoreTile,
      predict: KernelLoops.predict,
      stochasticSteps: KernelLoops.stochasticSteps,
      stochasticSquaredError: KernelLoops.stochasticSquaredError)
  }

  #if arch(x86_64)
  // Each set names its loops: Swift has no name for "the same function of another module".
  private static let avx512 = unsafe KernelSet(
    instructionSet: .avx512,
    accumulateRatings: KernelLoopsAVX512.accumulateRatings,
    addSums: KernelLoopsAVX512.addSums,
    solve: KernelLoopsAVX512.solve,
    addProductInDouble: KernelLoopsAVX512.addProductInDouble,
    factoriseInDouble: KernelLoopsAVX512.factoriseInDouble,
    substituteInDouble: KernelLoopsAVX512.substituteInDouble,
    quadraticForm: KernelLoopsAVX512.quadraticForm,
    dotInDouble: KernelLoopsAVX512.dotInDouble,
    solveDual: KernelLoopsAVX512.solveDual,
    dualLoss: KernelLoopsAVX512.dualLoss,
    solveConjugate: KernelLoopsAVX512.solveConjugate,
    solveNonnegative: KernelLoopsAVX512.solveNonnegative,
    mirrorUpper: KernelLoopsAVX512.mirrorUpper,
    sumGramian: KernelLoopsAVX512.sumGramian,
    multiplyRows: KernelLoopsAVX512.multiplyRows,
    tridiagonalise: KernelLoopsAVX512.tridiagonalise,
    collectReflections: KernelLoopsAVX512.collectReflections,
    stepTridiagonal: KernelLoopsAVX512.stepTridiagonal,
    turnColumns: KernelLoopsAVX512.turnColumns,
    scoreTile: KernelLoopsAVX512.scoreTile,
    predict: KernelLoopsAVX512.predict,
    stochasticSteps: KernelLoopsAVX512.stochasticSteps,
    stochasticSquaredError: KernelLoopsAVX512.stochasticSquaredError)
  #endif
}
