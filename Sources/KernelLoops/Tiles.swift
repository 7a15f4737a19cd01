/// What becomes of a tile's sums.
enum TileOutput {
  /// Written over what was there.
  case write
  /// Added to what was there.
  case add
  /// Taken away from the same place of another matrix.
  case subtract(from: Floats)

  @inline(__always)
  func finish(_ sums: Lanes, _ output: MutableFloats, _ offset: Int) {
    switch self {
    case .write: store(sums, output, offset)
    case .add: store(load(output, offset) + sums, output, offset)
    case .subtract(let source): store(load(source, offset) - sums, output, offset)
    }
  }
}

/// Two matrices of `depth` rows whose products are wanted, each with its floats from row to row.
struct TileOperands {
  let left: Floats
  let right: Floats
  let leftStride: Int
  let rightStride: Int
  let depth: Int
}

extension TileOperands {
  init(left: Floats, right: Floats, stride: Int, depth: Int) {
    self.init(left: left, right: right, leftStride: stride, rightStride: stride, depth: depth)
  }
}

#if AVX512

// Thirty-two registers of sixteen lanes: sixteen hold sums.

/// Sums left[p][row + i] · right[p][column + j] over p, for 8 rows i and 32 columns j.
@inline(__always)
func tile8x32(
  _ operands: TileOperands, row: Int, column: Int, _ output: MutableFloats, width: Int,
  _ kind: TileOutput
) {
  var a0 = Lanes.zero, a1 = Lanes.zero, a2 = Lanes.zero, a3 = Lanes.zero
  var a4 = Lanes.zero, a5 = Lanes.zero, a6 = Lanes.zero, a7 = Lanes.zero
  var b0 = Lanes.zero, b1 = Lanes.zero, b2 = Lanes.zero, b3 = Lanes.zero
  var b4 = Lanes.zero, b5 = Lanes.zero, b6 = Lanes.zero, b7 = Lanes.zero
  var left = operands.left + row
  var right = operands.right + column
  for _ in 0..<operands.depth {
    let near = load(right, 0)
    let far = load(right, laneCount)
    var scale = every(left[0])
    a0.addProduct(scale, near)
    b0.addProduct(scale, far)
    scale = every(left[1])
    a1.addProduct(scale, near)
    b1.addProduct(scale, far)
    scale = every(left[2])
    a2.addProduct(scale, near)
    b2.addProduct(scale, far)
    scale = every(left[3])
    a3.addProduct(scale, near)
    b3.addProduct(scale, far)
    scale = every(left[4])
    a4.addProduct(scale, near)
    b4.addProduct(scale, far)
    scale = every(left[5])
    a5.addProduct(scale, near)
    b5.addProduct(scale, far)
    scale = every(left[6])
    a6.addProduct(scale, near)
    b6.addProduct(scale, far)
    scale = every(left[7])
    a7.addProduct(scale, near)
    b7.addProduct(scale, far)
    left += operands.leftStride
    right += operands.rightStride
  }
  let first = row &* width &+ column
  finish4(a0, a1, a2, a3, output, first, width, kind)
  finish4(a4, a5, a6, a7, output, first &+ 4 &* width, width, kind)
  finish4(b0, b1, b2, b3, output, first &+ laneCount, width, kind)
  finish4(b4, b5, b6, b7, output, first &+ laneCount &+ 4 &* width, width, kind)
}

/// Sums left[p][row + i] · right[p][column + j] over p, for 16 rows i and 16 columns j.
@inline(__always)
func tile16x16(
  _ operands: TileOperands, row: Int, column: Int, _ output: MutableFloats, width: Int,
  _ kind: TileOutput
) {
  var a0 = Lanes.zero, a1 = Lanes.zero, a2 = Lanes.zero, a3 = Lanes.zero
  var a4 = Lanes.zero, a5 = Lanes.zero, a6 = Lanes.zero, a7 = Lanes.zero
  var b0 = Lanes.zero, b1 = Lanes.zero, b2 = Lanes.zero, b3 = Lanes.zero
  var b4 = Lanes.zero, b5 = Lanes.zero, b6 = Lanes.zero, b7 = Lanes.zero
  var left = operands.left + row
  var right = operands.right + column
  for _ in 0..<operands.depth {
    let near = load(right, 0)
    a0.addProduct(every(left[0]), near)
    a1.addProduct(every(left[1]), near)
    a2.addProduct(every(left[2]), near)
    a3.addProduct(every(left[3]), near)
    a4.addProduct(every(left[4]), near)
    a5.addProduct(every(left[5]), near)
    a6.addProduct(every(left[6]), near)
    a7.addProduct(every(left[7]), near)
    b0.addProduct(every(left[8]), near)
    b1.addProduct(every(left[9]), near)
    b2.addProduct(every(left[10]), near)
    b3.addProduct(every(left[11]), near)
    b4.addProduct(every(left[12]), near)
    b5.addProduct(every(left[13]), near)
    b6.addProduct(every(left[14]), near)
    b7.addProduct(every(left[15]), near)
    left += operands.leftStride
    right += operands.rightStride
  }
  let first = row &* width &+ column
  finish4(a0, a1, a2, a3, output, first, width, kind)
  finish4(a4, a5, a6, a7, output, first &+ 4 &* width, width, kind)
  finish4(b0, b1, b2, b3, output, first &+ 8 &* width, width, kind)
  finish4(b4, b5, b6, b7, output, first &+ 12 &* width, width, kind)
}

#else

// Sixteen registers of eight lanes (AVX2), or thirty-two of four (NEON): four vectors of sums.

/// Sums left[p][row + i] · right[p][column + j] over p, for 4 rows i and 16 columns j.
@inline(__always)
func tile4x16(
  _ operands: TileOperands, row: Int, column: Int, _ output: MutableFloats, width: Int,
  _ kind: TileOutput
) {
  var a0 = Lanes.zero, a1 = Lanes.zero, a2 = Lanes.zero, a3 = Lanes.zero
  var left = operands.left + row
  var right = operands.right + column
  for _ in 0..<operands.depth {
    let near = load(right, 0)
    a0.addProduct(every(left[0]), near)
    a1.addProduct(every(left[1]), near)
    a2.addProduct(every(left[2]), near)
    a3.addProduct(every(left[3]), near)
    left += operands.leftStride
    right += operands.rightStride
  }
  finish4(a0, a1, a2, a3, output, row &* width &+ column, width, kind)
}

#endif

@inline(__always)
func finish4(
  _ a0: Lanes, _ a1: Lanes, _ a2: Lanes, _ a3: Lanes, _ output: MutableFloats, _ offset: Int,
  _ width: Int, _ kind: TileOutput
) {
  kind.finish(a0, output, offset)
  kind.finish(a1, output, offset &+ width)
  kind.finish(a2, output, offset &+ 2 &* width)
  kind.finish(a3, output, offset &+ 3 &* width)
}

/// Fills 16 rows of a product matrix, from the block on the diagonal to the right edge.
///
/// Each element is a sum over p in ascending order, whatever the shape of the tiles.
@inline(__always)
func strip(
  _ operands: TileOperands, row: Int, columns: Range<Int>, _ output: MutableFloats, width: Int,
  _ kind: TileOutput, _ prefetcher: inout Prefetcher, perTile: Int
) {
  var column = columns.lowerBound
  #if AVX512
  while column &+ 32 <= columns.upperBound {
    tile8x32(operands, row: row, column: column, output, width: width, kind)
    prefetcher.advance(perTile)
    tile8x32(operands, row: row &+ 8, column: column, output, width: width, kind)
    prefetcher.advance(perTile)
    column &+= 32
  }
  if column < columns.upperBound {
    tile16x16(operands, row: row, column: column, output, width: width, kind)
    prefetcher.advance(perTile)
  }
  #else
  while column < columns.upperBound {
    tile4x16(operands, row: row, column: column, output, width: width, kind)
    tile4x16(operands, row: row &+ 4, column: column, output, width: width, kind)
    tile4x16(operands, row: row &+ 8, column: column, output, width: width, kind)
    tile4x16(operands, row: row &+ 12, column: column, output, width: width, kind)
    prefetcher.advance(perTile)
    column &+= laneCount
  }
  #endif
}
