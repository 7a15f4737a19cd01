import BlockMatrix
import BlockStore
import RatingInput

/// Which pairs of user and item are kept back from training.
///
/// All ratings of a pair fall on the same side.
package enum HoldoutRule: Sendable, Equatable {
  /// A share of all pairs, by a hash.
  case share(HoldoutShare)
  /// Of each user that has more pairs, so many whose last ratings are the latest.
  case last(Int)
  /// Pairs that have a rating from this time on, in milliseconds since 1970.
  case from(Int64)

  package init(fraction: Double, seed: UInt64) {
    self = .share(HoldoutShare(fraction: fraction, seed: seed))
  }

  /// The rule of a partition.
  init(_ facts: HoldoutFacts) {
    if let count = facts.last {
      self = .last(count)
    } else if let time = facts.from {
      self = .from(time)
    } else {
      self.init(fraction: facts.fraction, seed: facts.seed)
    }
  }

  /// Whether it goes by the times of ratings.
  package var needsTimes: Bool {
    if case .share = self { false } else { true }
  }
}

/// A share of the pairs.
///
/// A hash of the seed and both ids decides for each pair, so that neither the order of the lines
/// nor any other pair matters.
package struct HoldoutShare: Sendable, Equatable {
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
