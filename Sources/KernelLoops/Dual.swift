import CSystem

/// Solves a row with fewer ratings than factors by as many equations as it has ratings.
///
/// With the rows y of its ratings scaled to z = √w · y / √d, where d is the diagonal that the
/// matrix Σ w·yyᵀ is to be added to, (Σ w·yyᵀ + diag(d)) x = Σ t·y becomes (I + ZZᵀ) v = t / √w
/// with x = Zᵀv / √d: the Woodbury identity. Padding rows of Z are zero, those of I + ZZᵀ of the
/// unit matrix.
///
/// - `run`: `count` is at most `width`. Targets become the right side, biases taken off. Weights
///   are not negative; one of 0 stands for one too small to matter.
/// - Returns: False where the equations cannot be solved in floats.
/// - Complexity: O(count² · width + count³ / 3).
@inline(never)
package func solveDual(_ run: RatingRun, in system: DualSystem) -> Bool {
  let (width, count) = (run.width, run.count)
  let padded = (count &+ laneCount &- 1) / laneCount &* laneCount
  let (fitted, coefficients) = (system.fitted, system.coefficients)
  let isSteep = gatherScaled(
    run, roots: system.roots, padded: padded, system.rows, system.transposed)
  fill(coefficients, with: 0, count: padded)
  coefficients.update(from: run.targets, count: count)

  var prefetcher = Prefetcher(
    factors: run.factors, stride: width, columns: run.columns + count,
    count: min(count, run.ahead))
  upperProducts(
    TileOperands(
      left: system.transposed, right: system.transposed, stride: padded, depth: width),
    system.kernel, width: padded, .write, &prefetcher, rows: count)
  fill(fitted, with: 1, count: padded)
  // No eigenvalue of I + ZZᵀ is below 1.
  let isSolved = solve(
    CholeskySystem(
      matrix: system.kernel, ridge: fitted, vector: coefficients, width: padded, order: count,
      least: 1, factor: system.kernel, inverses: system.inverses, solution: fitted))
  guard isSolved else { return false }

  fill(system.solution, with: 0, count: width)
  addCombination(system.rows, fitted, rows: count, width: width, to: system.solution)
  if isSteep {
    fill(fitted, with: 0, count: padded)
    addCombination(
      system.transposed, system.solution, rows: width, width: padded, to: fitted)
  } else {
    // Zq = ZZᵀv is what the equations have besides v.
    subtract(fitted, from: coefficients, count: padded, into: fitted)
  }
  var offset = 0
  while offset < width {
    store(
      load(system.solution, offset) * load(system.roots, offset), system.solution, offset)
    offset &+= laneCount
  }
  return true
}

/// Makes Z of the rows of a run, and Zᵀ of it sixteen rows at a time, while they are in the nearest
/// cache; turns targets into right sides.
///
/// - Returns: Whether a right side is so large that a difference from it would say little.
@inline(__always)
private func gatherScaled(
  _ run: RatingRun, roots: Floats, padded: Int, _ rows: MutableFloats,
  _ transposed: MutableFloats
) -> Bool {
  let width = run.width
  var isSteep = false
  var row = 0
  while row < padded {
    let line = rows + row &* width
    if row < run.count {
      var scale: Float = 1
      if let weights = run.weights {
        scale = dualScale(weights[row])
        isSteep = isSteep || 64 * weights[row] < abs(run.targets[row])
      }
      gatherScaled(run, row, by: every(scale), roots: roots, into: line)
      run.targets[row] /= scale
    } else {
      fill(line, with: 0, count: width)
    }
    row &+= 1
    guard row % laneCount == 0 else { continue }
    let first = row &- laneCount
    transpose(
      rows + first &* width, rows: laneCount, columns: width, into: transposed + first,
      stride: padded)
  }
  return isSteep
}

@inline(__always)
private func subtract(
  _ values: MutableFloats, from others: MutableFloats, count: Int, into output: MutableFloats
) {
  var offset = 0
  while offset < count {
    store(load(others, offset) - load(values, offset), output, offset)
    offset &+= laneCount
  }
}

/// Copies the factors of a rating, each times its root and the scale.
@inline(__always)
private func gatherScaled(
  _ run: RatingRun, _ rating: Int, by scale: Lanes, roots: Floats, into line: MutableFloats
) {
  let row = run.factors + Int(run.columns[rating]) &* run.width
  var offset = 0
  while offset < run.width {
    store(load(row, offset) * (scale * load(roots, offset)), line, offset)
    offset &+= laneCount
  }
  if run.bias_position >= 0 {
    run.targets[rating] -= row[run.bias_position]
    line[run.bias_position] = scale[0] * roots[run.bias_position]
  }
}

/// The loss of a row's ratings after its dual form was solved, in Double.
///
/// A rating with preference p, confidence c and fitted value s costs c·(p − s)², of which the
/// Gramian counts the part that a cell not given would cost. What is left is t·(1 − s)² + (w −
/// t)·s²; of explicit feedback (t − s)².
///
/// - `targets`: What `solveDual` made of t.
/// - `fitted`: What `solveDual` left.
@inline(never)
package func dualLoss(
  _ targets: Floats, _ fitted: Floats, weights: Floats?, count: Int
) -> Double {
  var loss = 0.0
  for rating in 0..<count {
    let target = Double(targets[rating])
    let value = Double(fitted[rating])
    guard let weights else {
      loss += (target - value) * (target - value)
      continue
    }
    let scale = Double(dualScale(weights[rating]))
    let preference = target * scale
    let prediction = value / scale
    loss += preference * (1 - prediction) * (1 - prediction)
    loss += (Double(weights[rating]) - preference) * prediction * prediction
  }
  return loss
}

/// The root of a weight.
///
/// What is below the floor changes no bit of a solution but would divide by nothing.
@inline(__always)
private func dualScale(_ weight: Float) -> Float { max(weight, 0x1p-40).squareRoot() }
