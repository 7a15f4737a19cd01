import CSystem

/// The machine code that the inner loops exist in.
package enum InstructionSet: String, Sendable, CaseIterable {
  /// x86-64-v3: AVX2 with fused multiply-add.
  case avx2
  /// x86-64-v4: AVX-512 F, BW, CD, DQ and VL.
  case avx512
  /// arm64, where it is always there.
  case neon

  /// Those that this machine runs, the best one last.
  package static var supported: [InstructionSet] {
    #if arch(arm64)
    [.neon]
    #else
    (csystem_cpu_has_avx2_fma() != 0 ? [.avx2] : [])
      + (csystem_cpu_has_avx512() != 0 ? [.avx512] : [])
    #endif
  }
}
