/// The Gramian of some rows of a table: Σ y·yᵀ in the blocks of 16 × 16 on and above the diagonal.
///
/// Panel upon panel, like the sums of ratings.
///
/// - `rows`: `count` rows of `width` floats, one after another.
/// - `matrix`: `width`² floats, written over in those blocks.
/// - Complexity: O(count · width²).
@inline(never)
package func sumGramian(_ rows: Floats, count: Int, width: Int, matrix: MutableFloats) {
  let held = panelRows(width: width)
  var prefetcher = Prefetcher.idle(rows)
  if count == 0 { clearUpper(matrix, width: width) }
  var first = 0
  while first < count {
    let panel = rows + first &* width
    upperProducts(
      TileOperands(left: panel, right: panel, stride: width, depth: min(held, count &- first)),
      matrix, width: width, first == 0 ? .write : .add, &prefetcher, rows: 0)
    first &+= held
  }
}

/// Multiplies rows by a square matrix: output[i] = Σ over p of rows[i][p] · matrix[p].
///
/// - `rows`: `count` rows of `width` floats.
/// - `matrix`: `width`² floats.
/// - `panel`: 32 · `width` floats to work in.
/// - `output`: `count` rows of `width` floats; may be `rows`.
/// - Complexity: O(count · width²).
@inline(never)
package func multiplyRows(
  _ rows: Floats, count: Int, width: Int, matrix: Floats, panel: MutableFloats,
  output: MutableFloats
) {
  var nothing = Prefetcher.idle(rows)
  let products = panel + laneCount &* width
  var first = 0
  while first < count {
    let held = min(laneCount, count &- first)
    products.update(from: rows + first &* width, count: held &* width)
    fill(products + held &* width, with: 0, count: (laneCount &- held) &* width)
    transpose(products, rows: laneCount, columns: width, into: panel)
    strip(
      TileOperands(
        left: panel, right: matrix, leftStride: laneCount, rightStride: width, depth: width),
      row: 0, columns: 0..<width, products, width: width, .write, &nothing, perTile: 0)
    (output + first &* width).update(from: products, count: held &* width)
    first &+= laneCount
  }
}
