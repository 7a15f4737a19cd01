import CSystem

/// A pivot has to be above this part of the diagonal element that it was made from: eight times
/// the precision of a float, below which it is nothing but rounding.
private let pivotTolerance: Float = 0x1p-20

/// Solves a symmetric positive definite system, as far as floats can.
///
/// - Returns: False where the matrix is not positive definite or so ill-conditioned that little of
///   the solution would be right, and where the solution is not finite.
/// - Complexity: O(width³ / 3).
@inline(never)
package func solve(_ system: CholeskySystem) -> Bool {
  // Before a factor in the same place overwrites the diagonal.
  let trace = trace(system)
  guard factorise(system), isWellConditioned(system, trace: trace) else { return false }
  return substitute(system, system.vector)
}

/// A + diag(ridge) = UᵀU.
///
/// By strips of 16 rows: what the strips above contribute is taken away by the same tiles that
/// made the matrix, then the block on the diagonal is factorised and the rest of the strip solved.
@inline(__always)
private func factorise(_ system: CholeskySystem) -> Bool {
  let (width, factor, inverses) = (system.width, system.factor, system.inverses)
  var nothing = Prefetcher.idle(system.matrix)
  // The least that each pivot has to exceed, before a factor in the same place overwrites it.
  for row in 0..<width {
    inverses[row] = pivotTolerance * (system.matrix[row &* width &+ row] + system.ridge[row])
  }
  var row = 0
  while row < width {
    strip(
      TileOperands(left: Floats(factor), right: Floats(factor), stride: width, depth: row),
      row: row, columns: row..<width, factor, width: width, .subtract(from: system.matrix),
      &nothing, perTile: 0)
    for lane in row..<(row &+ laneCount) { factor[lane &* width &+ lane] += system.ridge[lane] }
    guard
      factoriseBlock(
        factor + (row &* width &+ row), width: width, inverses: inverses + row)
    else { return false }
    solveStrip(factor, row: row, width: width, inverses: inverses)
    row &+= laneCount
  }
  return true
}

/// Factorises a block of 16 × 16 on the diagonal.
///
/// Rows are eliminated by 1/pivot, so that the chain from pivot to pivot holds a division but no
/// root; the roots are off its path.
@inline(__always)
private func factoriseBlock(
  _ block: MutableFloats, width: Int, inverses: MutableFloats
) -> Bool {
  for row in 0..<laneCount {
    let line = block + row &* width
    let pivot = line[row]
    // Written so that a pivot that is no number fails.
    guard pivot > inverses[row], pivot > 0, pivot < .infinity else { return false }
    let inverse = 1 / pivot
    let lanes = load(line, 0)
    var below = row &+ 1
    while below < laneCount {
      let scale = -(line[below] * inverse)
      store(
        load(block, below &* width).addingProduct(every(scale), lanes), block, below &* width)
      below &+= 1
    }
    let root = inverse.squareRoot()
    inverses[row] = root
    store(lanes * every(root), line, 0)
  }
  return true
}

/// Solves the strip to the right of a factorised block, 16 columns at a time.
@inline(__always)
private func solveStrip(_ factor: MutableFloats, row: Int, width: Int, inverses: MutableFloats) {
  let block = factor + (row &* width &+ row)
  var column = row &+ laneCount
  while column < width {
    let strip = factor + (row &* width &+ column)
    for pivot in 0..<laneCount {
      let lanes = load(strip, pivot &* width) * every(inverses[row &+ pivot])
      store(lanes, strip, pivot &* width)
      let line = block + pivot &* width
      var below = pivot &+ 1
      while below < laneCount {
        store(
          load(strip, below &* width).addingProduct(every(-line[below]), lanes), strip,
          below &* width)
        below &+= 1
      }
    }
    column &+= laneCount
  }
}
