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
