import CSystem

// Every loop of this folder is written once and compiled once per instruction set. All of them
// add up in the order that the source says, sixteen lanes at a time and with fused
// multiply-adds, so that each copy gives the same bits.

/// What the loops count in: sixteen floats, one AVX-512, two AVX2 or four NEON registers.
package typealias Lanes = SIMD16<Float>

package typealias Floats = UnsafePointer<Float>
package typealias MutableFloats = UnsafeMutablePointer<Float>

/// Lanes per vector; every width, stride and padded count is a multiple of it.
let laneCount = 16

@inline(__always)
func load(_ base: Floats, _ offset: Int) -> Lanes {
  UnsafeRawPointer(base + offset).loadUnaligned(as: Lanes.self)
}

@inline(__always)
func load(_ base: MutableFloats, _ offset: Int) -> Lanes {
  UnsafeRawPointer(base + offset).loadUnaligned(as: Lanes.self)
}

@inline(__always)
func store(_ lanes: Lanes, _ base: MutableFloats, _ offset: Int) {
  UnsafeMutableRawPointer(base + offset).storeBytes(of: lanes, as: Lanes.self)
}

@inline(__always)
func every(_ value: Float) -> Lanes { Lanes(repeating: value) }

/// The sum of all lanes, halves upon halves: the one order of adding that every copy follows.
@inline(__always)
func total(_ lanes: Lanes) -> Float {
  let eight = lanes.lowHalf + lanes.highHalf
  let four = eight.lowHalf + eight.highHalf
  let two = four.lowHalf + four.highHalf
  return two[0] + two[1]
}

/// The sum of all lanes in Double, halves upon halves.
@inline(__always)
func total(_ lanes: SIMD16<Double>) -> Double {
  let eight = lanes.lowHalf + lanes.highHalf
  let four = eight.lowHalf + eight.highHalf
  let two = four.lowHalf + four.highHalf
  return two[0] + two[1]
}

/// Each lane as a Double.
///
/// Spelt out, because the library's conversion is a call to code that the copies would share.
@inline(__always)
func doubles(_ lanes: Lanes) -> SIMD16<Double> {
  SIMD16<Double>(
    lowHalf: SIMD8<Double>(
      lowHalf: doubles(lanes.lowHalf.lowHalf), highHalf: doubles(lanes.lowHalf.highHalf)),
    highHalf: SIMD8<Double>(
      lowHalf: doubles(lanes.highHalf.lowHalf), highHalf: doubles(lanes.highHalf.highHalf)))
}

@inline(__always)
private func doubles(_ lanes: SIMD4<Float>) -> SIMD4<Double> {
  SIMD4<Double>(Double(lanes[0]), Double(lanes[1]), Double(lanes[2]), Double(lanes[3]))
}
