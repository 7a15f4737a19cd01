import CSystem

/// Columns of a matrix that stand together where rows are multiplied by it.
package let stripColumns = 32

/// Rows that are multiplied before the matrix is read again.
private let heldRows = 48

/// Floats that `multiplyRows` works in.
package func productPanel(width: Int) -> Int { heldRows &* width &+ laneCount &* stripColumns }

/// Multiplies rows by a square matrix: output[i] = Σ over p of rows[i][p] · matrix[p], one chain of
/// fused multiply-adds in the order of p.
///
/// The matrix comes in strips of 32 columns, each of them one piece of memory: in rows of a large
/// matrix a strip's lines would lie pages apart.
///
/// - Complexity: O(count · width²).
@inline(never)
package func multiplyRows(_ product: RowProduct) {
  let (width, panel) = (product.width, product.panel)
  var nothing = Prefetcher.idle(product.rows)
  let tile = panel + heldRows &* width
  var first = 0
  while first < product.count {
    let held = min(heldRows, product.count &- first)
    packGroups(product.rows + first &* width, count: held, width: width, into: panel)
    var column = 0
    while column < width {
      var group = 0
      while group < held {
        strip(
          TileOperands(
            left: panel + group &* width, right: product.strips + column &* width,
            leftStride: laneCount, rightStride: stripColumns, depth: width),
          row: 0, columns: 0..<stripColumns, tile, width: stripColumns, .write, &nothing,
          perTile: 0)
        for row in 0..<min(laneCount, held &- group) {
          (product.output + (first &+ group &+ row) &* width + column).update(
            from: tile + row &* stripColumns, count: min(stripColumns, width &- column))
        }
        group &+= laneCount
      }
      column &+= stripColumns
    }
    first &+= held
  }
}

/// Lays out rows in groups of 16, within a group column after column; the last group is filled up
/// with zeros.
@inline(__always)
private func packGroups(_ rows: Floats, count: Int, width: Int, into panel: MutableFloats) {
  var first = 0
  while first &+ laneCount <= count {
    transpose(
      rows + first &* width, rows: laneCount, columns: width, into: panel + first &* width,
      stride: laneCount)
    first &+= laneCount
  }
  guard first < count else { return }
  let group = panel + first &* width
  fill(group, with: 0, count: laneCount &* width)
  for row in first..<count {
    for column in 0..<width {
      group[column &* laneCount &+ (row &- first)] = rows[row &* width &+ column]
    }
  }
}
