#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Floats at an address that is a multiple of 64, as the loops want them.
@safe
final class AlignedFloats {
  let count: Int
  private let memory: UnsafeMutablePointer<Float>

  init(_ values: [Float]) {
    count = values.count
    let bytes = max(64, (count * 4 + 63) / 64 * 64)
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    unsafe memory = raw.bindMemory(to: Float.self, capacity: bytes / 4)
    for (position, value) in values.enumerated() { unsafe memory[position] = value }
  }

  convenience init(count: Int) { self.init([Float](repeating: 0, count: count)) }

  deinit { unsafe memory.deallocate() }

  var base: UnsafeMutablePointer<Float> { unsafe memory }
  var unchanging: UnsafePointer<Float> { unsafe UnsafePointer(memory) }
  var values: [Float] { unsafe Array(UnsafeBufferPointer(start: memory, count: count)) }
}

/// A generator of numbers for tests (SplitMix64).
struct TestNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  mutating func float() -> Float { Float.random(in: -1...1, using: &self) }

  mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in float() } }
}
