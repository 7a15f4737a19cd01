import CSystem

// The eigenvalues of a tridiagonal matrix by implicit QL steps with Wilkinson's shift (Golub and
// Van Loan, Matrix Computations, section 8.3.3; here from the last row upwards). The turns of the
// steps are written down first, and a slice of the eigenvectors' columns is then turned at a time:
// it stays in the cache, and slices have nothing to do with each other.

/// Takes steps until the matrix is diagonal or there is no room for the turns of another one.
///
/// - `matrix`: As `tridiagonalise` leaves it; the diagonal becomes the eigenvalues, in no order.
/// - `state`: The first row that is not finished, and the steps that it has taken; zeros at first.
/// - `room`: The turns that there is room for, at least `width`; there are no more steps.
/// - Returns: The steps written; 0 when all is done, and −1 where the matrix is not finite.
@inline(never)
package func stepTridiagonal(
  _ matrix: Tridiagonal, state: UnsafeMutablePointer<Int>, into record: Turns, room: Int
) -> Int {
  let (diagonal, offDiagonal, width) = (matrix.diagonal, matrix.off_diagonal, matrix.width)
  var stepCount = 0
  var turnCount = 0
  while state[0] < width {
    let first = state[0]
    var last = first
    while last &+ 1 < width {
      let size = abs(diagonal[last]) + abs(diagonal[last &+ 1])
      if abs(offDiagonal[last]) <= 0x1p-53 * size { break }
      last &+= 1
    }
    if last == first {
      state[0] = first &+ 1
      state[1] = 0
      continue
    }
    if turnCount &+ width > room { return stepCount }
    state[1] &+= 1
    if state[1] > 100 { return -1 }
    let count = implicitStep(
      diagonal, offDiagonal, first: first, last: last, turns: record.turns + 2 &* turnCount)
    record.steps[2 &* stepCount] = last &- 1
    record.steps[2 &* stepCount &+ 1] = count
    stepCount &+= 1
    turnCount &+= count
  }
  return diagonal[0] - diagonal[0] == 0 ? stepCount : -1
}

/// One step on the rows from `first` to `last`; returns its turns.
@inline(__always)
private func implicitStep(
  _ d: MutableDoubles, _ e: MutableDoubles, first: Int, last: Int, turns: MutableDoubles
) -> Int {
  let slope = (d[first &+ 1] - d[first]) / (2 * e[first])
  let root = (slope * slope + 1).squareRoot()
  var g = d[last] - d[first] + e[first] / (slope + (slope < 0 ? -root : root))
  var sine = 1.0
  var cosine = 1.0
  var shift = 0.0
  var count = 0
  var row = last &- 1
  while row >= first {
    let f = sine * e[row]
    let b = cosine * e[row]
    let r = (f * f + g * g).squareRoot()
    e[row &+ 1] = r
    if r == 0 {
      d[row &+ 1] -= shift
      e[last] = 0
      return count
    }
    sine = f / r
    cosine = g / r
    g = d[row &+ 1] - shift
    let turn = (d[row] - g) * sine + 2 * cosine * b
    shift = sine * turn
    d[row &+ 1] = g + shift
    g = cosine * turn - b
    turns[2 &* count] = sine
    turns[2 &* count &+ 1] = cosine
    count &+= 1
    row &-= 1
  }
  d[first] -= shift
  e[first] = g
  e[last] = 0
  return count
}

/// Turns 16 columns of the eigenvectors by the turns of some steps.
///
/// - Complexity: O(turns).
@inline(never)
package func turnColumns(_ columns: ColumnSlice, by record: Turns, count: Int) {
  let (vectors, slice) = (columns.vectors + columns.column, columns.slice)
  for row in 0..<columns.width {
    storeDoubles(loadDoubles(vectors, row &* columns.width), slice, row &* laneCount)
  }
  var turn = record.turns
  for step in 0..<count {
    var row = slice + record.steps[2 &* step] &* laneCount
    // The row above the next turn is the row below of this one.
    var lower = loadDoubles(row, laneCount)
    for _ in 0..<record.steps[2 &* step &+ 1] {
      let sine = everyDouble(turn[0])
      let cosine = everyDouble(turn[1])
      let upper = loadDoubles(row, 0)
      storeDoubles((cosine * lower).addingProduct(sine, upper), row, laneCount)
      lower = (cosine * upper).addingProduct(-sine, lower)
      row -= laneCount
      turn += 2
    }
    storeDoubles(lower, row, laneCount)
  }
  for row in 0..<columns.width {
    storeDoubles(loadDoubles(slice, row &* laneCount), vectors, row &* columns.width)
  }
}
