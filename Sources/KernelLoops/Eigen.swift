package typealias MutableDoubles = UnsafeMutablePointer<Double>

/// Eigenvalues and eigenvectors of a symmetric matrix, in Double.
///
/// Householder reflections make it tridiagonal, then implicit QL steps with Wilkinson's shift
/// diagonalise it (Golub and Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3; here from the
/// last row upwards).
///
/// - `matrix`: `width`² doubles, both halves; destroyed.
/// - `values`: `width` doubles; becomes the eigenvalues, in no order.
/// - `vectors`: `width`² doubles; row i becomes the unit eigenvector of value i.
/// - `work`: 3 · `width` doubles.
/// - Returns: False where the matrix is not finite.
/// - Complexity: O(width³).
@inline(never)
package func symmetricEigen(
  _ matrix: MutableDoubles, width: Int, values: MutableDoubles, vectors: MutableDoubles,
  work: MutableDoubles
) -> Bool {
  let offDiagonal = work
  let factors = work + width
  let product = factors + width
  tridiagonalise(matrix, width, values, offDiagonal, factors, product)
  collectReflections(matrix, width, factors, vectors, product)
  return diagonalise(values, offDiagonal, vectors, width)
}

/// Reduces the matrix to a diagonal `d` and, between k and k + 1, an off-diagonal `e[k]`.
///
/// Row k keeps the vector of reflection k behind its diagonal, `factors` its scale.
@inline(__always)
private func tridiagonalise(
  _ matrix: MutableDoubles, _ width: Int, _ d: MutableDoubles, _ e: MutableDoubles,
  _ factors: MutableDoubles, _ product: MutableDoubles
) {
  for k in 0..<width {
    d[k] = matrix[k &* width &+ k]
    e[k] = 0
    factors[k] = 0
    guard k &+ 1 < width else { break }
    let v = matrix + k &* width
    // Lanes before the vector are zeros, so that all loops run over whole vectors.
    for lane in 0...k { v[lane] = 0 }
    let square = dotDoubles(v, v, width)
    let first = v[k &+ 1]
    let rest = square - first * first
    guard rest > 0 else {
      e[k] = first
      continue
    }
    let length = square.squareRoot()
    let target = first > 0 ? -length : length
    e[k] = target
    v[k &+ 1] = first - target
    let scale = 1 / (target * (target - first))
    factors[k] = scale
    for row in (k &+ 1)..<width {
      product[row] = scale * dotDoubles(matrix + row &* width, v, width)
    }
    for lane in 0...k { product[lane] = 0 }
    let half = scale * dotDoubles(product, v, width) / 2
    addDoubles(product, -half, v, width)
    for row in (k &+ 1)..<width {
      let line = matrix + row &* width
      addDoubles(line, -v[row], product, width)
      addDoubles(line, -product[row], v, width)
    }
  }
}

/// Multiplies the reflections together; the rows of `vectors` become the columns of the product.
@inline(__always)
private func collectReflections(
  _ matrix: MutableDoubles, _ width: Int, _ factors: MutableDoubles, _ vectors: MutableDoubles,
  _ product: MutableDoubles
) {
  vectors.update(repeating: 0, count: width &* width)
  for row in 0..<width { vectors[row &* width &+ row] = 1 }
  var k = width &- 2
  while k >= 0 {
    let v = matrix + k &* width
    if factors[k] != 0 {
      for row in (k &+ 1)..<width {
        let line = vectors + row &* width
        addDoubles(line, -factors[k] * dotDoubles(line, v, width), v, width)
      }
    }
    k &-= 1
  }
}

/// Diagonalises a tridiagonal matrix, turning the rows of `vectors` along.
@inline(__always)
private func diagonalise(
  _ d: MutableDoubles, _ e: MutableDoubles, _ vectors: MutableDoubles, _ width: Int
) -> Bool {
  for first in 0..<width {
    var steps = 0
    while true {
      var last = first
      while last &+ 1 < width {
        if abs(e[last]) <= 0x1p-53 * (abs(d[last]) + abs(d[last &+ 1])) { break }
        last &+= 1
      }
      if last == first { break }
      steps &+= 1
      if steps > 100 { return false }
      implicitStep(d, e, vectors, width, first, last)
    }
  }
  return d[0] - d[0] == 0
}

/// One QL step on the rows from `first` to `last`.
@inline(__always)
private func implicitStep(
  _ d: MutableDoubles, _ e: MutableDoubles, _ vectors: MutableDoubles, _ width: Int,
  _ first: Int, _ last: Int
) {
  let slope = (d[first &+ 1] - d[first]) / (2 * e[first])
  let root = (slope * slope + 1).squareRoot()
  var g = d[last] - d[first] + e[first] / (slope + (slope < 0 ? -root : root))
  var sine = 1.0
  var cosine = 1.0
  var shift = 0.0
  var row = last &- 1
  while row >= first {
    let f = sine * e[row]
    let b = cosine * e[row]
    let r = (f * f + g * g).squareRoot()
    e[row &+ 1] = r
    if r == 0 {
      d[row &+ 1] -= shift
      e[last] = 0
      return
    }
    sine = f / r
    cosine = g / r
    g = d[row &+ 1] - shift
    let turn = (d[row] - g) * sine + 2 * cosine * b
    shift = sine * turn
    d[row &+ 1] = g + shift
    g = cosine * turn - b
    turnRows(vectors + row &* width, vectors + (row &+ 1) &* width, sine, cosine, width)
    row &-= 1
  }
  d[first] -= shift
  e[first] = g
  e[last] = 0
}

private typealias DoubleLanes = SIMD16<Double>

@inline(__always)
private func loadDoubles(_ base: MutableDoubles, _ offset: Int) -> DoubleLanes {
  UnsafeRawPointer(base + offset).loadUnaligned(as: DoubleLanes.self)
}

@inline(__always)
private func storeDoubles(_ lanes: DoubleLanes, _ base: MutableDoubles, _ offset: Int) {
  UnsafeMutableRawPointer(base + offset).storeBytes(of: lanes, as: DoubleLanes.self)
}

@inline(__always)
private func dotDoubles(_ x: MutableDoubles, _ y: MutableDoubles, _ width: Int) -> Double {
  var sums = DoubleLanes.zero
  var offset = 0
  while offset < width {
    sums.addProduct(loadDoubles(x, offset), loadDoubles(y, offset))
    offset &+= laneCount
  }
  return total(sums)
}

/// Adds scale · y to x.
@inline(__always)
private func addDoubles(_ x: MutableDoubles, _ scale: Double, _ y: MutableDoubles, _ width: Int) {
  let factor = DoubleLanes(repeating: scale)
  var offset = 0
  while offset < width {
    storeDoubles(loadDoubles(x, offset).addingProduct(factor, loadDoubles(y, offset)), x, offset)
    offset &+= laneCount
  }
}

@inline(__always)
private func turnRows(
  _ upper: MutableDoubles, _ lower: MutableDoubles, _ sine: Double, _ cosine: Double, _ width: Int
) {
  let s = DoubleLanes(repeating: sine)
  let c = DoubleLanes(repeating: cosine)
  var offset = 0
  while offset < width {
    let x = loadDoubles(upper, offset)
    let y = loadDoubles(lower, offset)
    storeDoubles((c * y).addingProduct(s, x), lower, offset)
    storeDoubles((c * x).addingProduct(-s, y), upper, offset)
    offset &+= laneCount
  }
}
