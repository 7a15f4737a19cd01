import CSystem

/// The ratings of a row as a matrix that is never formed.
private struct RowOperator {
  let run: RatingRun
  let system: ConjugateSystem

  /// Makes `output` of x: (G + diag(d) + Σ w·yyᵀ) x.
  @inline(__always)
  func apply(_ x: Floats, _ output: MutableFloats) {
    let width = run.width
    var offset = 0
    while offset < width {
      store(load(system.diagonal, offset) * load(x, offset), output, offset)
      offset &+= laneCount
    }
    if let gramian = system.gramian {
      addCombination(gramian, x, rows: width, width: width, to: output)
    }
    for rating in 0..<run.count {
      let weight = run.weights.map { $0[rating] } ?? 1
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
    guard run.bias_position >= 0 else { return sum }
    return sum.addingProduct(1 - row[run.bias_position], x[run.bias_position])
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
    guard run.bias_position >= 0 else { return }
    output[run.bias_position] += scale * (1 - row[run.bias_position])
  }
}

/// Improves a row by conjugate gradients (Hestenes and Stiefel 1952; for this use Takács, Pilászy
/// and Tikk 2011): (G + diag(d) + Σ w·yyᵀ) x = Σ t·y, from the x that is given.
///
/// - Returns: Σ (w·s² − 2·t·s) over the fitted values s = x·y, plus xᵀGx; and Σ t².
/// - Complexity: O(steps · (count · width + width²)).
@inline(never)
package func solveConjugate(
  _ run: RatingRun, in system: ConjugateSystem
) -> (loss: Double, squares: Double) {
  let (width, count) = (run.width, run.count)
  if run.bias_position >= 0 {
    for rating in 0..<count {
      run.targets[rating] -= run.factors[Int(run.columns[rating]) &* width &+ run.bias_position]
    }
  }
  let row = RowOperator(run: run, system: system)
  let solution = system.solution
  let residual = system.work
  let direction = residual + width
  let image = direction + width
  row.apply(solution, image)
  fill(residual, with: 0, count: width)
  for rating in 0..<count { row.add(rating, run.targets[rating], to: residual) }
  combine(residual, -1, image, width)
  direction.update(from: residual, count: width)
  var square = dot(residual, residual, width: width)
  for _ in 0..<system.steps where square > 0 {
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
  return (conjugateLoss(row), sumOfSquares(run.targets, count: count))
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
private func conjugateLoss(_ row: RowOperator) -> Double {
  let solution = row.system.solution
  var loss = 0.0
  for rating in 0..<row.run.count {
    let fitted = Double(row.fitted(rating, solution))
    let weight = row.run.weights.map { Double($0[rating]) } ?? 1
    loss += fitted * (weight * fitted - 2 * Double(row.run.targets[rating]))
  }
  guard let gramian = row.system.gramian else { return loss }
  return loss + quadraticForm(gramian, solution, width: row.run.width)
}

/// Σ x·y over whole rows, sixteen sums side by side.
@inline(never)
func dot(_ x: Floats, _ y: Floats, width: Int) -> Float {
  var sums = Lanes.zero
  var offset = 0
  while offset < width {
    sums.addProduct(load(x, offset), load(y, offset))
    offset &+= laneCount
  }
  return total(sums)
}
