import CSystem

/// Ratings ahead of the present one whose rows are asked for from memory.
private let lookahead = 8

/// Steps once against the gradient for each rating, in order: with e = r − r̂,
/// x ← (1 − ηλ)x + ηe·y and y ← (1 − ηλ)y + ηe·x, both from the x and y before the step, each with
/// the η of its row and, for biases, of its bias.
///
/// Biases lie in the row itself: where x has its bias, y counts as 1, and the other way round.
@inline(never)
package func stochasticSteps(
  _ cell: StochasticCell, _ ratings: UnsafePointer<StochasticRating>, _ count: Int
) {
  let biases = BiasLanes(cell)
  for position in 0..<count {
    if position &+ lookahead < count { prefetchRows(cell, ratings[position &+ lookahead]) }
    let rating = ratings[position]
    let (user, item) = (Int(rating.user), Int(rating.item))
    let x = cell.users + user &* cell.stride
    let y = cell.items + item &* cell.stride
    let error = rating.value - prediction(cell, x, y, biases)
    let (xPace, yPace) = (cell.user_paces[user], cell.item_paces[item])
    let xStep = every(xPace.rate * error)
    let yStep = every(yPace.rate * error)
    let xDecay = every(xPace.decay)
    let yDecay = every(yPace.decay)
    var offset = 0
    while offset < biases.plainEnd {
      let (a, b) = (load(x, offset), load(y, offset))
      store((a * xDecay).addingProduct(xStep, b), x, offset)
      store((b * yDecay).addingProduct(yStep, a), y, offset)
      offset &+= laneCount
    }
    if biases.plainEnd < cell.stride {
      let (a, b) = (load(x, offset), load(y, offset))
      let xLeft = biases.choose(every(xPace.bias_decay), else: xDecay)
      let yLeft = biases.choose(every(yPace.bias_decay), else: yDecay)
      let xLast = biases.choose(every(xPace.bias_rate * error), else: xStep)
      let yLast = biases.choose(every(yPace.bias_rate * error), else: yStep)
      store((a * xLeft).addingProduct(xLast, biases.choose(biases.ones, else: b)), x, offset)
      store((b * yLeft).addingProduct(yLast, biases.choose(biases.ones, else: a)), y, offset)
    }
  }
}

/// The sum of (r − r̂)² over ratings, in their order, in Double.
@inline(never)
package func stochasticSquaredError(
  _ cell: StochasticCell, _ ratings: UnsafePointer<StochasticRating>, _ count: Int
) -> Double {
  let biases = BiasLanes(cell)
  var total = 0.0
  for position in 0..<count {
    if position &+ lookahead < count { prefetchRows(cell, ratings[position &+ lookahead]) }
    let rating = ratings[position]
    let x = cell.users + Int(rating.user) &* cell.stride
    let y = cell.items + Int(rating.item) &* cell.stride
    let error = Double(rating.value) - Double(prediction(cell, x, y, biases))
    total += error * error
  }
  return total
}

/// Where the biases are among the lanes: in the last vector of a row.
private struct BiasLanes {
  /// The floats of a row before the vector with the bias; the whole row where there is none.
  let plainEnd: Int
  /// 1 where the bias is, else 0; and the other way round. (Products with them: the library's
  /// choice by a mask is made lane by lane.)
  let ones: Lanes
  let others: Lanes

  @inline(__always)
  init(_ cell: StochasticCell) {
    var ones = Lanes.zero
    if cell.bias_lane >= 0 { ones[cell.bias_lane % laneCount] = 1 }
    self.ones = ones
    others = every(1) - ones
    plainEnd = cell.bias_lane >= 0 ? cell.stride &- laneCount : cell.stride
  }

  @inline(__always)
  func choose(_ bias: Lanes, else other: Lanes) -> Lanes {
    (other * others).addingProduct(bias, ones)
  }
}

/// r̂ of two rows.
@inline(__always)
private func prediction(
  _ cell: StochasticCell, _ x: MutableFloats, _ y: MutableFloats, _ biases: BiasLanes
) -> Float {
  var sums = Lanes.zero
  var offset = 0
  while offset < biases.plainEnd {
    sums.addProduct(load(x, offset), load(y, offset))
    offset &+= laneCount
  }
  guard biases.plainEnd < cell.stride else { return cell.mean + total(sums) }
  sums.addProduct(load(x, offset) * biases.others, load(y, offset))
  return cell.mean + total(sums) + x[cell.bias_lane] + y[cell.bias_lane]
}

@inline(__always)
private func prefetchRows(_ cell: StochasticCell, _ rating: StochasticRating) {
  let x = cell.users + Int(rating.user) &* cell.stride
  let y = cell.items + Int(rating.item) &* cell.stride
  var offset = 0
  while offset < cell.stride {
    csystem_prefetch(x + offset)
    csystem_prefetch(y + offset)
    offset &+= laneCount
  }
}
