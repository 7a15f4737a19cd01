import CSystem
import KernelLoops
#if arch(x86_64)
import KernelLoopsAVX512
#endif

/// Scores one group of 8 queries against one tile of 32 candidates; the bits of the scores do not
/// depend on which kernel it is.
@safe
package struct ScoreKernel: Sendable {
  /// Queries in a group.
  package static let queries = 8
  /// Candidates in a tile.
  package static let lanes = 32

  private let loop:
    @Sendable (
      UnsafePointer<Float>, UnsafePointer<Float>, Int, UnsafePointer<Float>,
      UnsafeMutablePointer<Float>
    ) -> UInt32

  /// The kernel of the widest instruction set that this machine has.
  package static var widest: ScoreKernel {
    #if arch(x86_64)
    if csystem_cpu_has_avx512() != 0 {
      return unsafe ScoreKernel(loop: KernelLoopsAVX512.scoreTile)
    }
    #endif
    return narrow
  }

  /// The kernel of the narrowest instruction set that is supported.
  package static var narrow: ScoreKernel { unsafe ScoreKernel(loop: KernelLoops.scoreTile) }

  /// Scores a group against a tile.
  ///
  /// - Parameters:
  ///   - group: `width` × 8 floats: factor after factor, the 8 queries.
  ///   - tile: `width` × 32 floats: factor after factor, the 32 candidates.
  ///   - thresholds: 8 floats.
  ///   - scores: Receives 8 × 32 floats, query after query.
  /// - Returns: A bit for each query that has a score at or above its threshold.
  @unsafe
  package func callAsFunction(
    _ group: UnsafePointer<Float>, _ tile: UnsafePointer<Float>, width: Int,
    thresholds: UnsafePointer<Float>, scores: UnsafeMutablePointer<Float>
  ) -> UInt32 {
    unsafe loop(group, tile, width, thresholds, scores)
  }
}
