import CSystem

/// Makes a symmetric matrix tridiagonal by Householder reflections (Golub and Van Loan, Matrix
/// Computations, section 8.3.1).
///
/// Only blocks of 16 × 16 on and above the diagonal are read and kept up to date. What a reflection
/// changes in them is written when the next one reads them, so that the matrix, which may be larger
/// than any cache, is gone over once for each.
///
/// - `reflections`: The matrix comes with both halves of its diagonal blocks, and goes.
/// - `work`: 2 · `width` doubles.
/// - Complexity: O(2/3 · width³).
@inline(never)
package func tridiagonalise(
  _ reflections: Reflections, into output: Tridiagonal, work: MutableDoubles
) {
  let (matrix, width) = (reflections.matrix, reflections.width)
  var product = work
  var pending = work + width
  pending.update(repeating: 0, count: width)
  // Before the first reflection nothing is pending: any vector will do.
  var before = matrix
  for k in 0..<width {
    let v = matrix + k &* width
    let start = k / laneCount &* laneCount
    addDoubles(v, -before[k], pending, from: start, width)
    addDoubles(v, -pending[k], before, from: start, width)
    output.diagonal[k] = v[k]
    for lane in 0...k { v[lane] = 0 }
    let (scale, side) = reflect(v, k, width)
    reflections.scales[k] = scale
    output.off_diagonal[k] = side

    product.update(repeating: 0, count: width)
    for row in (k &+ 1)..<max(width, k &+ 1) {
      product[row] += multiplyRow(
        Update(line: matrix + row &* width, before: before, pending: pending), row: row,
        width: width, by: v, product)
    }
    for lane in 0...k { product[lane] = 0 }
    let half = scale * scale * dotDoubles(product, v, from: start, width) / 2
    var offset = start
    while offset < width {
      let scaled = everyDouble(scale) * loadDoubles(product, offset)
      storeDoubles(
        scaled.addingProduct(everyDouble(-half), loadDoubles(v, offset)), product, offset)
      offset &+= laneCount
    }
    before = v
    swap(&product, &pending)
  }
}

/// Makes a row the vector of a reflection that leaves of it only the element behind the diagonal.
///
/// - Returns: The reflection's scale and that element.
@inline(__always)
private func reflect(_ v: MutableDoubles, _ k: Int, _ width: Int) -> (Double, Double) {
  guard k &+ 1 < width else { return (0, 0) }
  let first = v[k &+ 1]
  let square = dotDoubles(v, v, from: k / laneCount &* laneCount, width)
  guard square - first * first > 0 else { return (0, first) }
  let length = square.squareRoot()
  let target = first > 0 ? -length : length
  v[k &+ 1] = first - target
  return (1 / (target * (target - first)), target)
}

/// A row of the matrix, and what the reflection before changes in it.
private struct Update {
  let line: MutableDoubles
  let before: MutableDoubles
  let pending: MutableDoubles
}

/// Brings a row up to date and multiplies it by a vector.
///
/// - `products`: Receives what the row, as a column, adds to the rows below its block.
/// - Returns: The product of the row from its block on.
@inline(__always)
private func multiplyRow(
  _ update: Update, row: Int, width: Int, by vector: MutableDoubles, _ products: MutableDoubles
) -> Double {
  let left = everyDouble(-update.before[row])
  let right = everyDouble(-update.pending[row])
  let own = everyDouble(vector[row])
  var sums = DoubleLanes.zero
  let start = row / laneCount &* laneCount
  var offset = start
  while offset < width {
    var lanes = loadDoubles(update.line, offset)
    lanes.addProduct(left, loadDoubles(update.pending, offset))
    lanes.addProduct(right, loadDoubles(update.before, offset))
    storeDoubles(lanes, update.line, offset)
    sums.addProduct(lanes, loadDoubles(vector, offset))
    if offset > start {
      storeDoubles(loadDoubles(products, offset).addingProduct(own, lanes), products, offset)
    }
    offset &+= laneCount
  }
  return total(sums)
}

/// Multiplies the reflections of `tridiagonalise` together: some rows, which become columns of the
/// product.
///
/// - `vectors`: `width`² doubles; the rows from `first` on, `count` of them, are written.
/// - Complexity: O(count · width²).
@inline(never)
package func collectReflections(
  _ reflections: Reflections, first: Int, count: Int, vectors: MutableDoubles
) {
  let (matrix, scales, width) = (reflections.matrix, reflections.scales, reflections.width)
  let end = first &+ count
  (vectors + first &* width).update(repeating: 0, count: count &* width)
  for row in first..<end { vectors[row &* width &+ row] = 1 }
  // Rows above a reflection are not changed by it.
  var k = min(width, end) &- 2
  while k >= 0 {
    if scales[k] != 0 {
      let v = matrix + k &* width
      let start = (k &+ 1) / laneCount &* laneCount
      for row in max(first, k &+ 1)..<end {
        let line = vectors + row &* width
        let scale = -scales[k] * dotDoubles(line, v, from: start, width)
        addDoubles(line, scale, v, from: start, width)
      }
    }
    k &-= 1
  }
}
