import CSystem

/// Scores 8 queries against 32 candidates.
///
/// Each score is a chain of fused multiply-adds over the factors in ascending order, beginning with
/// 0: lanes never mix, so the bits are the same on every instruction set.
///
/// - Parameters:
///   - group: `width` × 8 floats, the queries factor by factor.
///   - tile: `width` × 32 floats, the candidates factor by factor.
///   - thresholds: 8 floats.
///   - scores: Receives 8 × 32 floats, query by query.
/// - Returns: A bit for each query that has a score at or above its threshold.
package func scoreTile(
  _ group: UnsafePointer<Float>, _ tile: UnsafePointer<Float>, _ width: Int,
  _ thresholds: UnsafePointer<Float>, _ scores: UnsafeMutablePointer<Float>
) -> UInt32 {
  #if AVX512
  return scoreTileWide(group, tile, width, thresholds, scores)
  #else
  return scoreTileNarrow(group, tile, width, thresholds, scores)
  #endif
}

#if AVX512
/// 16 sums of 16 lanes: half of the registers.
@inline(__always)
private func scoreTileWide(
  _ group: UnsafePointer<Float>, _ tile: UnsafePointer<Float>, _ width: Int,
  _ thresholds: UnsafePointer<Float>, _ scores: UnsafeMutablePointer<Float>
) -> UInt32 {
  typealias Vector = SIMD16<Float>
  var sums:
    (
      Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector,
      Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector
    ) = (
      .zero, .zero, .zero, .zero, .zero, .zero, .zero, .zero,
      .zero, .zero, .zero, .zero, .zero, .zero, .zero, .zero
    )
  for factor in 0..<width {
    let query = group + factor * 8
    let lanes = UnsafeRawPointer(tile + factor * 32)
    let low = lanes.loadUnaligned(as: Vector.self)
    let high = lanes.loadUnaligned(fromByteOffset: 64, as: Vector.self)
    sums.0.addProduct(Vector(repeating: query[0]), low)
    sums.1.addProduct(Vector(repeating: query[0]), high)
    sums.2.addProduct(Vector(repeating: query[1]), low)
    sums.3.addProduct(Vector(repeating: query[1]), high)
    sums.4.addProduct(Vector(repeating: query[2]), low)
    sums.5.addProduct(Vector(repeating: query[2]), high)
    sums.6.addProduct(Vector(repeating: query[3]), low)
    sums.7.addProduct(Vector(repeating: query[3]), high)
    sums.8.addProduct(Vector(repeating: query[4]), low)
    sums.9.addProduct(Vector(repeating: query[4]), high)
    sums.10.addProduct(Vector(repeating: query[5]), low)
    sums.11.addProduct(Vector(repeating: query[5]), high)
    sums.12.addProduct(Vector(repeating: query[6]), low)
    sums.13.addProduct(Vector(repeating: query[6]), high)
    sums.14.addProduct(Vector(repeating: query[7]), low)
    sums.15.addProduct(Vector(repeating: query[7]), high)
  }
  var reached: UInt32 = 0
  @inline(__always) func keep(_ query: Int, _ low: Vector, _ high: Vector) {
    let out = UnsafeMutableRawPointer(scores + query * 32)
    out.storeBytes(of: low, as: Vector.self)
    out.storeBytes(of: high, toByteOffset: 64, as: Vector.self)
    let threshold = Vector(repeating: thresholds[query])
    if any((low .>= threshold) .| (high .>= threshold)) { reached |= 1 << UInt32(query) }
  }
  keep(0, sums.0, sums.1)
  keep(1, sums.2, sums.3)
  keep(2, sums.4, sums.5)
  keep(3, sums.6, sums.7)
  keep(4, sums.8, sums.9)
  keep(5, sums.10, sums.11)
  keep(6, sums.12, sums.13)
  keep(7, sums.14, sums.15)
  return reached
}
#else
/// 4 queries × 16 lanes at a time: half of the registers of a machine with 16 of 8 lanes each.
@inline(__always)
private func scoreTileNarrow(
  _ group: UnsafePointer<Float>, _ tile: UnsafePointer<Float>, _ width: Int,
  _ thresholds: UnsafePointer<Float>, _ scores: UnsafeMutablePointer<Float>
) -> UInt32 {
  typealias Vector = SIMD8<Float>
  var reached: UInt32 = 0
  for firstQuery in [0, 4] {
    for firstLane in [0, 16] {
      var sums: (Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector) = (
        .zero, .zero, .zero, .zero, .zero, .zero, .zero, .zero
      )
      for factor in 0..<width {
        let query = group + factor * 8 + firstQuery
        let lanes = UnsafeRawPointer(tile + factor * 32 + firstLane)
        let low = lanes.loadUnaligned(as: Vector.self)
        let high = lanes.loadUnaligned(fromByteOffset: 32, as: Vector.self)
        sums.0.addProduct(Vector(repeating: query[0]), low)
        sums.1.addProduct(Vector(repeating: query[0]), high)
        sums.2.addProduct(Vector(repeating: query[1]), low)
        sums.3.addProduct(Vector(repeating: query[1]), high)
        sums.4.addProduct(Vector(repeating: query[2]), low)
        sums.5.addProduct(Vector(repeating: query[2]), high)
        sums.6.addProduct(Vector(repeating: query[3]), low)
        sums.7.addProduct(Vector(repeating: query[3]), high)
      }
      @inline(__always) func keep(_ query: Int, _ low: Vector, _ high: Vector) {
        let out = UnsafeMutableRawPointer(scores + query * 32 + firstLane)
        out.storeBytes(of: low, as: Vector.self)
        out.storeBytes(of: high, toByteOffset: 32, as: Vector.self)
        let threshold = Vector(repeating: thresholds[query])
        if any((low .>= threshold) .| (high .>= threshold)) { reached |= 1 << UInt32(query) }
      }
      keep(firstQuery, sums.0, sums.1)
      keep(firstQuery + 1, sums.2, sums.3)
      keep(firstQuery + 2, sums.4, sums.5)
      keep(firstQuery + 3, sums.6, sums.7)
    }
  }
  return reached
}
#endif
