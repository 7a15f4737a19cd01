// Predictions: of many pairs at once, for the best items of many users, and of a single pair.
//
// A prediction is one chain of fused multiply-adds: (μ + b) + c, then the factors in order. With
// biases a packed user reads (μ + b, 1, x…) and a packed item (1, c, y…), so that the chain is
// that of a plain product; without, (x…) and (y…). `predict` follows the same chain, so that a pair
// has the same bits however it is asked for.

/// Users that are scored together: the rows of a tile.
package let scoredUsers = 8

/// Items that are scored together: the columns of a tile.
package let scoredItems = 32

/// Predicts every pair of 8 packed users and 32 packed items.
///
/// - `users`: `depth` lines of 8 floats, a column for each user.
/// - `items`: `depth` lines of 32 floats, a column for each item.
/// - `thresholds`: 8 floats.
/// - `scores`: Receives 8 lines of 32 floats, a line for each user.
/// - Returns: A bit for each user that has a score at or above its threshold.
@inline(never)
package func scoreTile(
  _ users: Floats, _ items: Floats, depth: Int, thresholds: Floats, scores: MutableFloats
) -> UInt32 {
  let operands = TileOperands(
    left: users, right: items, leftStride: scoredUsers, rightStride: scoredItems, depth: depth)
  #if AVX512
  tile8x32(operands, row: 0, column: 0, scores, width: scoredItems, .write)
  #else
  tile4x16(operands, row: 0, column: 0, scores, width: scoredItems, .write)
  tile4x16(operands, row: 0, column: 16, scores, width: scoredItems, .write)
  tile4x16(operands, row: 4, column: 0, scores, width: scoredItems, .write)
  tile4x16(operands, row: 4, column: 16, scores, width: scoredItems, .write)
  #endif
  var reached: UInt32 = 0
  for user in 0..<scoredUsers {
    let threshold = every(thresholds[user])
    let near = load(scores, user &* scoredItems)
    let far = load(scores, user &* scoredItems &+ laneCount)
    if any((near .>= threshold) .| (far .>= threshold)) { reached |= 1 << UInt32(user) }
  }
  return reached
}

/// Predicts one pair from its rows.
@inline(never)
package func predict(
  _ user: Floats, _ item: Floats, rank: Int, biasPosition: Int, mean: Float
) -> Float {
  var sum: Float = 0
  if biasPosition >= 0 { sum = item[biasPosition] + (mean + user[biasPosition]) }
  for position in 0..<rank { sum = sum.addingProduct(user[position], item[position]) }
  return sum
}
