/// xᵀAx in Double, from the blocks of 16 × 16 on and above the diagonal of A.
///
/// - Complexity: O(width² / 2).
@inline(never)
package func quadraticForm(_ matrix: Floats, _ x: Floats, width: Int) -> Double {
  var sums = SIMD16<Double>.zero
  var column = 0
  while column < width {
    var products = SIMD16<Double>.zero
    for row in 0..<column {
      products.addProduct(
        SIMD16<Double>(repeating: Double(x[row])),
        doubles(load(matrix, row &* width &+ column)))
    }
    // Blocks above the diagonal count for those below it; the block on it is whole.
    products += products
    for row in column..<(column &+ laneCount) {
      products.addProduct(
        SIMD16<Double>(repeating: Double(x[row])),
        doubles(load(matrix, row &* width &+ column)))
    }
    sums.addProduct(products, doubles(load(x, column)))
    column &+= laneCount
  }
  return total(sums)
}

/// Σ x·y in Double.
@inline(never)
package func dotInDouble(_ x: Floats, _ y: Floats, width: Int) -> Double {
  var sums = SIMD16<Double>.zero
  var offset = 0
  while offset < width {
    sums.addProduct(doubles(load(x, offset)), doubles(load(y, offset)))
    offset &+= laneCount
  }
  return total(sums)
}
