/// The ratings of a row as a matrix that is never formed.
private struct RowOperator {
  let run: RatingRun
  let weights: Floats?
  /// What all cells add, both halves; nothing for explicit feedback.
  let gramian: Floats?
  let diagonal: Floats

  /// Makes `output` of x: (G + diag(d) + Σ w·yyᵀ) x.
  @inline(__always)
  func apply(_ x: Floats, _ output: MutableFloats) {
    let width = run.width
    var offset = 0
    while offset < width {
      store(load(diagonal, offset) * load(x, offset), output, offset)
      offset &+= laneCount
    }
    if let gramian { addCombination(gramian, x, rows: width, width: width, to: output) }
    for rating in 0..<run.count {
      let weight = weights.map { $0[rating] } ?? 1
      add(rating, weight * fitted(rating, x), to: output)
    }
  }

  /// The product y·x of a rating.
  @inline(__always)
  func fitted(_ rating: Int, _ x: Floats) -> Float {
    let row = run.factors + Int(run.columns[rating]) &* run.width
    var sums = Lanes.zero
    var offset = 0
    while offset < run.width {
      sums.addProduct(load(row, offset), load(x, offset))
      offset &+= laneCount
    }
    let sum = total(sums)
    guard run.biasPosition >= 0 else { return sum }
    return sum.addingProduct(1 - row[run.biasPosition], x[run.biasPosition])
  }

  /// Adds scale · y of a rating to `output`.
  @inline(__always)
  func add(_ rating: Int, _ scale: Float, to output: MutableFloats) {
    let row = run.factors + Int(run.columns[rating]) &* run.width
    let lanes = every(scale)
    var offset = 0
    while offset < run.width {
      store(load(output, offset).addingProduct(lanes, load(row, offset)), output, offset)
      offset &+= laneCount
    }
    guard run.biasPosition >= 0 else { return }
    output[run.biasPosition] += scale * (1 - row[run.biasPosition])
  }
}

/// Improves a row by conjugate gradients (Hestenes and Stiefel 1952; for this use Takács, Pilászy
/// and Tikk 2011): (G + diag(d) + Σ w·yyᵀ) x = Σ t·y, from the x that is given.
///
/// - `targets`: t; biases are taken off in place.
/// - `weights`, `gramian`: Absent for explicit feedback. The Gramian has both halves.
/// - `diagonal`: d, `width` floats.
/// - `work`: 3 · `width` floats.
/// - `solution`: x; its padding is zero, before and after.
/// - Returns: Σ (w·s² − 2·t·s) over the fitted values s = x·y, plus xᵀGx; and Σ t².
/// - Complexity: O(steps · (count · width + width²)).
@inline(never)
package func solveConjugate(
  _ factors: Floats, width: Int, columns: UnsafePointer<UInt32>, count: Int,
  targets: MutableFloats, weights: Floats?, biasPosition: Int, gramian: Floats?,
  diagonal: Floats, steps: Int, work: MutableFloats, solution: MutableFloats
) -> (loss: Double, squares: Double) {
  if biasPosition >= 0 {
    for rating in 0..<count {
      targets[rating] -= factors[Int(columns[rating]) &* width &+ biasPosition]
    }
  }
  let row = RowOperator(
    run: RatingRun(
      factors: factors, width: width, columns: columns, count: count, targets: targets,
      biasPosition: biasPosition),
    weights: weights, gramian: gramian, diagonal: diagonal)
  let residual = work
  let direction = work + width
  let image = direction + width
  row.apply(solution, image)
  fill(residual, with: 0, count: width)
  for rating in 0..<count { row.add(rating, targets[rating], to: residual) }
  combine(residual, -1, image, width)
  direction.update(from: residual, count: width)
  var square = dot(residual, residual, width: width)
  for _ in 0..<steps where square > 0 {
    row.apply(direction, image)
    let length = square / dot(direction, image, width: width)
    guard length - length == 0, length > 0 else { break }
    combine(solution, length, direction, width)
    combine(residual, -length, image, width)
    let next = dot(residual, residual, width: width)
    let ratio = next / square
    square = next
    var offset = 0
    while offset < width {
      store(
        load(residual, offset).addingProduct(every(ratio), load(direction, offset)), direction,
        offset)
      offset &+= laneCount
    }
  }
  return (conjugateLoss(row, solution, image), sumOfSquares(targets, count: count))
}

/// Adds scale · y to x.
@inline(__always)
private func combine(_ x: MutableFloats, _ scale: Float, _ y: Floats, _ width: Int) {
  var offset = 0
  while offset < width {
    store(load(x, offset).addingProduct(every(scale), load(y, offset)), x, offset)
    offset &+= laneCount
  }
}

@inline(__always)
private func conjugateLoss(
  _ row: RowOperator, _ solution: Floats, _ work: MutableFloats
) -> Double {
  var loss = 0.0
  for rating in 0..<row.run.count {
    let fitted = Double(row.fitted(rating, solution))
    let weight = row.weights.map { Double($0[rating]) } ?? 1
    loss += fitted * (weight * fitted - 2 * Double(row.run.targets[rating]))
  }
  guard let gramian = row.gramian else { return loss }
  return loss + quadraticForm(gramian, solution, width: row.run.width)
}
