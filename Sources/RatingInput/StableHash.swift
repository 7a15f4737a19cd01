/// Hashes that are the same on every machine, in every process, for ever.
package enum StableHash {
  /// Spreads the bits of a number over all 64.
  ///
  /// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
  @inline(__always)
  package static func mix(_ value: UInt64) -> UInt64 {
    var bits = value &+ 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// FNV-1a over the bytes, then ``mix(_:)``.
  package static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var bits: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { bits = (bits ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return mix(bits)
  }
}
