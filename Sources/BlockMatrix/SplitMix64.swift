/// Random numbers that depend on their key alone: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
package struct SplitMix64: Sendable {
  private var state: UInt64

  /// The numbers of a stream, of which a seed has 2⁶⁴.
  package init(seed: UInt64, stream: UInt64) {
    state = Self.mix(Self.mix(seed) ^ stream)
  }

  /// The next number, from 0 up to, but not including, `bound`.
  package mutating func below(_ bound: Int) -> Int {
    state &+= Self.increment
    return Int(Self.finalize(state).multipliedFullWidth(by: UInt64(bound)).high)
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
