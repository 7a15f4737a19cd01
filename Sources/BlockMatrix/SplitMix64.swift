/// Random numbers that depend on their key alone: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
package struct SplitMix64: Sendable {
  @usableFromInline package var state: UInt64

  /// The numbers of a stream, of which a seed has 2⁶⁴.
  package init(seed: UInt64, stream: UInt64) {
    state = Self.mix(Self.mix(seed) ^ stream)
  }

  /// The numbers of a stream among those that serve a purpose.
  package init(seed: UInt64, purpose: UInt64, index: Int) {
    self.init(seed: Self.mix(seed) ^ purpose, stream: UInt64(index))
  }

  /// The next 64 bits.
  @inlinable
  package mutating func bits() -> UInt64 {
    state &+= Self.increment
    return Self.finalize(state)
  }

  /// The next number, from 0 up to, but not including, `bound`.
  @inlinable
  package mutating func below(_ bound: Int) -> Int {
    Int(bits().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// About normal, with mean 0 and variance 1: the sum of four uniform numbers of 16 bits, at most
  /// 3.5 away from 0 (Irwin and Hall).
  @inlinable
  package mutating func normal() -> Double {
    let bits = bits()
    let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
    return (Double(sum) - 131_070) * (1.7320508075688772 / 65_536)
  }

  /// A hash: each bit of the result depends on each bit of the argument.
  @inlinable
  package static func mix(_ value: UInt64) -> UInt64 { finalize(value &+ increment) }

  /// What the state grows by: 2⁶⁴ divided by the golden ratio.
  @inlinable package static var increment: UInt64 { 0x9E37_79B9_7F4A_7C15 }

  /// Spreads the bits of a state over all 64 (figure 15 there).
  @inlinable
  package static func finalize(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
