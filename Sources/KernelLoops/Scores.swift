// Predictions of many pairs at once, for the best items of many users.
//
// A prediction is one chain of fused multiply-adds: c + (μ + b), then the factors in order. With
// biases a packed user reads (1, μ + b, x…) and a packed item (c, 1, y…), so that the chain is
// that of a plain product; without, (x…) and (y…). `predict` follows the same chain, so that a pair
// has the same bits however it is asked for.

/// Users that are scored together: the rows of a tile.
package let scoredUsers = 8

/// Items that are scored together: the columns of a tile.
package let scoredItems = 32

/// The length of a packed user or item.
package func packedDepth(rank: Int, biasPosition: Int) -> Int { biasPosition < 0 ? rank : rank + 2 }

/// Lays out some rows of the item side in groups of 32: `depth` lines of 32 floats a group.
///
/// - `factors`: The first item's row, `width` floats from one to the next, `count` of them.
/// - `biasPosition`: Where a row has its bias; negative where it has none.
/// - `output`: ⌈count / 32⌉ · `packedDepth` · 32 floats; places without an item become zeros.
@inline(never)
package func packItems(
  _ factors: Floats, width: Int, count: Int, rank: Int, biasPosition: Int, output: MutableFloats
) {
  let depth = packedDepth(rank: rank, biasPosition: biasPosition)
  let groups = (count &+ scoredItems &- 1) / scoredItems
  for group in 0..<groups {
    let base = output + group &* depth &* scoredItems
    for place in 0..<scoredItems {
      let item = group &* scoredItems &+ place
      var line = base + place
      if item >= count {
        for _ in 0..<depth {
          line.pointee = 0
          line += scoredItems
        }
        continue
      }
      let row = factors + item &* width
      if biasPosition >= 0 {
        line.pointee = row[biasPosition]
        line[scoredItems] = 1
        line += 2 &* scoredItems
      }
      for position in 0..<rank {
        line.pointee = row[position]
        line += scoredItems
      }
    }
  }
}

/// Lays out a user in a group of 8: `packedDepth` lines of 8 floats a group.
///
/// - `row`: The user's row; nothing for a place without a user, which becomes zeros.
/// - `mean`: μ, which a user's bias is added to; of no effect without biases.
/// - `place`: The user's place in the group, below 8.
@inline(never)
package func packUser(
  _ row: Floats?, rank: Int, biasPosition: Int, mean: Float, place: Int, group: MutableFloats
) {
  var line = group + place
  guard let row else {
    for _ in 0..<packedDepth(rank: rank, biasPosition: biasPosition) {
      line.pointee = 0
      line += scoredUsers
    }
    return
  }
  if biasPosition >= 0 {
    line.pointee = 1
    line[scoredUsers] = mean + row[biasPosition]
    line += 2 &* scoredUsers
  }
  for position in 0..<rank {
    line.pointee = row[position]
    line += scoredUsers
  }
}

/// Predicts every pair of some packed users and items.
///
/// - `users`: `userGroups` groups of 8; small enough for the first cache, all are gone over for each
///   group of items.
/// - `items`: `itemGroups` groups of 32.
/// - `scores`: Row after row of users, `stride` floats apart, at least 32 · `itemGroups`.
@inline(never)
package func score(
  _ users: Floats, userGroups: Int, _ items: Floats, itemGroups: Int, depth: Int,
  scores: MutableFloats, stride: Int
) {
  for itemGroup in 0..<itemGroups {
    for userGroup in 0..<userGroups {
      let operands = TileOperands(
        left: users + userGroup &* depth &* scoredUsers,
        right: items + itemGroup &* depth &* scoredItems, leftStride: scoredUsers,
        rightStride: scoredItems, depth: depth)
      let output =
        scores + (userGroup &* scoredUsers &* stride &+ itemGroup &* scoredItems)
      #if AVX512
      tile8x32(operands, row: 0, column: 0, output, width: stride, .write)
      #else
      tile4x16(operands, row: 0, column: 0, output, width: stride, .write)
      tile4x16(operands, row: 0, column: 16, output, width: stride, .write)
      tile4x16(operands, row: 4, column: 0, output, width: stride, .write)
      tile4x16(operands, row: 4, column: 16, output, width: stride, .write)
      #endif
    }
  }
}

/// The first position from `start` on whose value is above `threshold`; `count` where there is none.
@inline(never)
package func firstAbove(
  _ values: Floats, from start: Int, count: Int, threshold: Float
) -> Int {
  var position = start
  let limit = every(threshold)
  while position &+ laneCount <= count {
    if any(load(values, position) .> limit) { break }
    position &+= laneCount
  }
  while position < count {
    if values[position] > threshold { return position }
    position &+= 1
  }
  return count
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

/// Σ x·y over whole rows, sixteen sums side by side.
@inline(never)
package func dot(_ x: Floats, _ y: Floats, width: Int) -> Float {
  var sums = Lanes.zero
  var offset = 0
  while offset < width {
    sums.addProduct(load(x, offset), load(y, offset))
    offset &+= laneCount
  }
  return total(sums)
}
