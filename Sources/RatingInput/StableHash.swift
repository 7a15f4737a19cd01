import BlockMatrix

/// Hashes that are the same on every machine, in every process, for ever.
package enum StableHash {
  /// FNV-1a over the bytes, then `SplitMix64.mix`.
  package static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var bits: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { bits = (bits ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return SplitMix64.mix(bits)
  }
}
