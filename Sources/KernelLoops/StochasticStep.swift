import CSystem

/// Ratings ahead of the present one whose rows are asked for from memory.
private let lookahead = 8

/// Steps once against the gradient for each rating, in order: with e = r − r̂,
/// x ← (1 − ηλ)x + ηe·y and y ← (1 − ηλ)y + ηe·x, both from the x and y before the step, each with
/// the η of its row.
///
/// Biases lie in the row itself: where x has its bias, y counts as 1, and the other way round.
@inline(never)
package func stochasticSteps(
  _ cell: StochasticCell, _ ratings: UnsafePointer<StochasticRating>, _ count: Int
) {
  let chunks = cell.stride / 16
  let biasChunk = cell.bias_lane < 0 ? -1 : cell.bias_lane / 16
  var isBias = SIMDMask<SIMD16<Int32>>(repeating: false)
  if cell.bias_lane >= 0 { isBias[cell.bias_lane % 16] = true }
  for position in 0..<count {
    if position + lookahead < count {
      let ahead = ratings[position + lookahead]
      prefetchRow(cell.users + Int(ahead.user) * cell.stride, cell.stride)
      prefetchRow(cell.items + Int(ahead.item) * cell.stride, cell.stride)
    }
    let rating = ratings[position]
    let (user, item) = (Int(rating.user), Int(rating.item))
    let x = UnsafeMutableRawPointer(cell.users + user * cell.stride)
    let y = UnsafeMutableRawPointer(cell.items + item * cell.stride)
    var sum = SIMD16<Float>(repeating: 0)
    for chunk in 0..<chunks {
      var a = x.load(fromByteOffset: chunk * 64, as: SIMD16<Float>.self)
      let b = y.load(fromByteOffset: chunk * 64, as: SIMD16<Float>.self)
      if chunk == biasChunk { a = a.replacing(with: 0, where: isBias) }
      sum = sum.addingProduct(a, b)
    }
    var predicted = cell.mean + lanesSum(sum)
    if biasChunk >= 0 {
      predicted += cell.users[user * cell.stride + cell.bias_lane]
      predicted += cell.items[item * cell.stride + cell.bias_lane]
    }
    let error = rating.value - predicted
    let (aPace, bPace) = (cell.user_paces[user], cell.item_paces[item])
    let aStep = SIMD16(repeating: aPace.rate * error)
    let bStep = SIMD16(repeating: bPace.rate * error)
    for chunk in 0..<chunks {
      let a = x.load(fromByteOffset: chunk * 64, as: SIMD16<Float>.self)
      let b = y.load(fromByteOffset: chunk * 64, as: SIMD16<Float>.self)
      var (aFactor, bFactor) = (a, b)
      var aDecay = SIMD16(repeating: aPace.decay)
      var bDecay = SIMD16(repeating: bPace.decay)
      if chunk == biasChunk {
        aFactor = a.replacing(with: 1, where: isBias)
        bFactor = b.replacing(with: 1, where: isBias)
        aDecay = aDecay.replacing(with: SIMD16(repeating: aPace.bias_decay), where: isBias)
        bDecay = bDecay.replacing(with: SIMD16(repeating: bPace.bias_decay), where: isBias)
      }
      let newA = (a * aDecay).addingProduct(aStep, bFactor)
      let newB = (b * bDecay).addingProduct(bStep, aFactor)
      x.storeBytes(of: newA, toByteOffset: chunk * 64, as: SIMD16<Float>.self)
      y.storeBytes(of: newB, toByteOffset: chunk * 64, as: SIMD16<Float>.self)
    }
  }
}

@inline(__always)
private func prefetchRow(_ row: Floats, _ stride: Int) {
  var offset = 0
  while offset < stride {
    csystem_prefetch(row + offset)
    offset &+= laneCount
  }
}

/// The lanes' sum in a fixed order: halves folded onto each other.
@inline(__always)
private func lanesSum(_ v: SIMD16<Float>) -> Float {
  let eight = v.lowHalf + v.highHalf
  let four = eight.lowHalf + eight.highHalf
  let two = four.lowHalf + four.highHalf
  return two.x + two.y
}

/// The sum of (r − r̂)² over ratings, in their order, in Double.
@inline(never)
package func stochasticSquaredError(
  _ cell: StochasticCell, _ ratings: UnsafePointer<StochasticRating>, _ count: Int
) -> Double {
  let chunks = cell.stride / 16
  var total = 0.0
  for position in 0..<count {
    if position + lookahead < count {
      let ahead = ratings[position + lookahead]
      prefetchRow(cell.users + Int(ahead.user) * cell.stride, cell.stride)
      prefetchRow(cell.items + Int(ahead.item) * cell.stride, cell.stride)
    }
    let rating = ratings[position]
    let x = cell.users + Int(rating.user) * cell.stride
    let y = cell.items + Int(rating.item) * cell.stride
    var sum = SIMD16<Float>(repeating: 0)
    for chunk in 0..<chunks {
      var a = UnsafeRawPointer(x).load(fromByteOffset: chunk * 64, as: SIMD16<Float>.self)
      let b = UnsafeRawPointer(y).load(fromByteOffset: chunk * 64, as: SIMD16<Float>.self)
      if cell.bias_lane >= 0, chunk == cell.bias_lane / 16 { a[cell.bias_lane % 16] = 0 }
      sum = sum.addingProduct(a, b)
    }
    var predicted = cell.mean + lanesSum(sum)
    if cell.bias_lane >= 0 { predicted += x[cell.bias_lane] + y[cell.bias_lane] }
    let error = Double(rating.value) - Double(predicted)
    total += error * error
  }
  return total
}
