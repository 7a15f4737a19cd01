import BlockMatrix
import RatingInput

/// Which pairs of user and item are kept back from training.
///
/// A hash of the seed and both ids decides for each pair, so that neither the order of the lines
/// nor any other pair matters, and all ratings of a pair fall on the same side.
package struct HoldoutRule: Sendable, Equatable {
  /// The share of pairs kept back, between 0 and 1.
  package let fraction: Double
  package let seed: UInt64

  package init(fraction: Double, seed: UInt64) {
    self.fraction = fraction
    self.seed = seed
  }

  /// Whether a pair is kept back, from ``StableHash/hash(_:)`` of both ids.
  @inline(__always)
  package func holdsOut(userHash: UInt64, itemHash: UInt64) -> Bool {
    let bits = SplitMix64.mix(SplitMix64.mix(SplitMix64.mix(seed) ^ userHash) ^ itemHash)
    // The upper 53 bits as a number from 0 up to 1, exact in Double.
    return Double(bits >> 11) * 0x1p-53 < fraction
  }
}
