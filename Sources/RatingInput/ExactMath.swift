import BlockMatrix

/// Elementary functions made of additions, multiplications and divisions alone, in a fixed order.
///
/// They have the same bits on every machine, which a system's mathematical library does not
/// promise.
///
/// Good to about 10⁻¹² relative; for generated data, not for models.
enum ExactMath {
  private static let ln2 = 0.693147180559945309

  /// 2 to the power of `x`, for |x| < 1000.
  static func exp2(_ x: Double) -> Double {
    let whole = x.rounded(.down)
    // e^t with |t| ≤ 0.35, by its Taylor series.
    let t = (x - whole - 0.5) * ln2
    var term = 1.0
    var sum = 1.0
    for n in 1...14 {
      term = term * t / Double(n)
      sum += term
    }
    return sum * 1.41421356237309505 * Double(sign: .plus, exponent: Int(whole), significand: 1)
  }

  /// The logarithm to base 2 of a positive number.
  static func log2(_ x: Double) -> Double {
    // ln m = 2·artanh((m − 1)/(m + 1)) for 1 ≤ m < 2.
    let mantissa = x.significand
    let z = (mantissa - 1) / (mantissa + 1)
    var power = z
    var sum = z
    for n in stride(from: 3, through: 27, by: 2) {
      power = power * z * z
      sum += power / Double(n)
    }
    return Double(x.exponent) + 2 * sum / ln2
  }
}

/// Random numbers by what they are for: the same for a key, whoever asks and when.
struct KeyedRandom {
  private var state: UInt64

  init(seed: UInt64, purpose: UInt64, index: Int) {
    state = SplitMix64.mix(SplitMix64.mix(SplitMix64.mix(seed) ^ purpose) ^ UInt64(index))
  }

  /// 64 random bits (SplitMix64).
  @inline(__always)
  mutating func bits() -> UInt64 {
    let bits = SplitMix64.mix(state)
    state &+= SplitMix64.increment
    return bits
  }

  /// A number from 0 up to `bound`.
  @inline(__always)
  mutating func below(_ bound: Int) -> Int {
    Int(bits().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// About normal, with mean 0 and variance 1: the sum of four uniform numbers of 16 bits, at most
  /// 3.5 away from 0.
  @inline(__always)
  mutating func normal() -> Double {
    let bits = bits()
    let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
    return (Double(sum) - 131_070) * (1.7320508075688772 / 65_536)
  }

  /// Closer to normal, at most 6 away from 0: the sum of three of ``normal()``, scaled.
  mutating func longTailedNormal() -> Double {
    (normal() + normal() + normal()) * 0.57735026918962576
  }
}
