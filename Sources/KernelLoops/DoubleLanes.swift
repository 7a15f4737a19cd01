package typealias MutableDoubles = UnsafeMutablePointer<Double>

/// Sixteen doubles, for what floats are too coarse for.
typealias DoubleLanes = SIMD16<Double>

@inline(__always)
func loadDoubles(_ base: MutableDoubles, _ offset: Int) -> DoubleLanes {
  UnsafeRawPointer(base + offset).loadUnaligned(as: DoubleLanes.self)
}

@inline(__always)
func storeDoubles(_ lanes: DoubleLanes, _ base: MutableDoubles, _ offset: Int) {
  UnsafeMutableRawPointer(base + offset).storeBytes(of: lanes, as: DoubleLanes.self)
}

@inline(__always)
func everyDouble(_ value: Double) -> DoubleLanes { DoubleLanes(repeating: value) }

/// Σ x·y from `first` on, a multiple of 16.
@inline(__always)
func dotDoubles(_ x: MutableDoubles, _ y: MutableDoubles, from first: Int, _ width: Int) -> Double {
  var sums = DoubleLanes.zero
  var offset = first
  while offset < width {
    sums.addProduct(loadDoubles(x, offset), loadDoubles(y, offset))
    offset &+= laneCount
  }
  return total(sums)
}

/// Adds scale · y to x from `first` on, a multiple of 16.
@inline(__always)
func addDoubles(
  _ x: MutableDoubles, _ scale: Double, _ y: MutableDoubles, from first: Int, _ width: Int
) {
  let factor = everyDouble(scale)
  var offset = first
  while offset < width {
    storeDoubles(loadDoubles(x, offset).addingProduct(factor, loadDoubles(y, offset)), x, offset)
    offset &+= laneCount
  }
}
