import CSystem

/// How many factor rows are gathered before they are multiplied, by width alone: a panel stays
/// where the loops that go over it many times find it, and its sums are rounded the same
/// everywhere.
package func panelRows(width: Int) -> Int { max(32, min(96, 12288 / width / 8 * 8)) }

/// Sums the normal equations of a run of ratings.
///
/// Sums run over a panel of ratings in registers and then panel upon panel in memory.
///
/// With biases the fixed side's row (y, c) stands for (y, 1): its bias is taken off the target and
/// a one takes its place, so that the unknown of that place is the solved row's bias.
///
/// - Returns: Σ t² of the targets after the biases were taken off.
/// - Complexity: O(count · width²).
@inline(never)
package func accumulateRatings(_ run: RatingRun, into sums: NormalSums) -> Double {
  let (width, count) = (run.width, run.count)
  let rows = panelRows(width: width)
  let panel = sums.panel
  let weighted = panel + rows &* width
  fill(sums.vector, with: 0, count: width)
  if count == 0 { clearUpper(sums.matrix, width: width) }
  var first = 0
  while first < count {
    let last = min(first &+ rows, count)
    let held = last &- first
    gather(run, first..<last, into: panel)
    addCombination(panel, run.targets + first, rows: held, width: width, to: sums.vector)
    var left = Floats(panel)
    if let weights = run.weights {
      weigh(panel, by: weights + first, rows: held, width: width, into: weighted)
      left = Floats(weighted)
    }
    var prefetcher = Prefetcher(
      factors: run.factors, stride: width, columns: run.columns + last,
      count: min(rows, count &- last &+ run.ahead))
    upperProducts(
      TileOperands(left: left, right: Floats(panel), stride: width, depth: held), sums.matrix,
      width: width, first == 0 ? .write : .add, &prefetcher, rows: rows)
    first = last
  }
  return sumOfSquares(run.targets, count: count)
}

/// The product of two panels in the blocks of 16 × 16 on and above the diagonal, asking for `rows`
/// more factor rows meanwhile.
@inline(__always)
func upperProducts(
  _ operands: TileOperands, _ output: MutableFloats, width: Int, _ kind: TileOutput,
  _ prefetcher: inout Prefetcher, rows: Int
) {
  // As many tiles of 16 × 16, or pairs of half as high, as there are blocks on and above the
  // diagonal: each asks for its share.
  let blocks = width / laneCount
  let perTile = rows / max(1, blocks &* (blocks &+ 1) / 2) &+ 1
  var row = 0
  while row < width {
    strip(
      operands, row: row, columns: row..<width, output, width: width, kind, &prefetcher,
      perTile: perTile)
    row &+= laneCount
  }
}

/// Adds the sums of a later run to those of the runs before it.
@inline(never)
package func addSums(_ matrix: Floats, to output: MutableFloats, width: Int) {
  var row = 0
  while row < width {
    var offset = row &* width &+ row / laneCount &* laneCount
    let end = (row &+ 1) &* width
    while offset < end {
      store(load(output, offset) + load(matrix, offset), output, offset)
      offset &+= laneCount
    }
    row &+= 1
  }
}

@inline(__always)
func fill(_ values: MutableFloats, with value: Float, count: Int) {
  var offset = 0
  while offset < count {
    store(every(value), values, offset)
    offset &+= laneCount
  }
}

@inline(__always)
func clearUpper(_ matrix: MutableFloats, width: Int) {
  for row in 0..<width {
    let first = row / laneCount &* laneCount
    fill(matrix + (row &* width &+ first), with: 0, count: width &- first)
  }
}

/// Σ values² in Double: sixteen sums side by side, then together.
@inline(never)
package func sumOfSquares(_ values: Floats, count: Int) -> Double {
  var sums = SIMD16<Double>.zero
  var offset = 0
  while offset &+ laneCount <= count {
    let lanes = doubles(load(values, offset))
    sums.addProduct(lanes, lanes)
    offset &+= laneCount
  }
  if offset < count {
    var rest = Lanes.zero
    for lane in 0..<(count &- offset) { rest[lane] = values[offset &+ lane] }
    let lanes = doubles(rest)
    sums.addProduct(lanes, lanes)
  }
  return total(sums)
}
