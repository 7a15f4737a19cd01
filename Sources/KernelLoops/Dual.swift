/// Solves a row with fewer ratings than factors by as many equations as it has ratings.
///
/// With the rows y of its ratings scaled to z = √w · y / √d, where d is the diagonal that the
/// matrix Σ w·yyᵀ is to be added to, (Σ w·yyᵀ + diag(d)) x = Σ t·y becomes (I + ZZᵀ) v = t / √w
/// with x = Zᵀv / √d: the Woodbury identity. Padding rows of Z are zero, those of I + ZZᵀ of the
/// unit matrix.
///
/// Every square buffer has `width`² floats, every vector `width`; `count` is at most `width`.
///
/// - `targets`: t; becomes the right side, biases taken off.
/// - `weights`: w ≥ 0; all ones where absent. A weight of 0 stands for one too small to matter.
/// - `roots`: 1 / √d.
/// - `rows`, `transposed`, `kernel`: Square; hold Z, Zᵀ and I + ZZᵀ.
/// - `inverses`, `coefficients`: Vectors to work in.
/// - `fitted`: Becomes Zq for q = Zᵀv: each rating's √w · x·y.
/// - `solution`: Becomes x.
/// - Returns: False where the equations cannot be solved in floats.
/// - Complexity: O(count² · width + count³ / 3).
@inline(never)
package func solveDual(
  _ factors: Floats, width: Int, columns: UnsafePointer<UInt32>, count: Int, ahead: Int,
  targets: MutableFloats, weights: Floats?, biasPosition: Int, roots: Floats,
  tolerance: Float, rows: MutableFloats, transposed: MutableFloats, kernel: MutableFloats,
  inverses: MutableFloats, coefficients: MutableFloats, fitted: MutableFloats,
  solution: MutableFloats
) -> Bool {
  let padded = (count &+ laneCount &- 1) / laneCount &* laneCount
  let run = RatingRun(
    factors: factors, width: width, columns: columns, count: count, targets: targets,
    biasPosition: biasPosition)
  gather(run, 0..<count, into: rows)
  scaleDualRows(rows, targets, weights: weights, roots: roots, count: count, width: width)
  fill(rows + count &* width, with: 0, count: (padded &- count) &* width)
  fill(coefficients, with: 0, count: padded)
  coefficients.update(from: targets, count: count)
  transpose(rows, rows: padded, columns: width, into: transposed)

  var prefetcher = Prefetcher(
    factors: factors, stride: width, columns: columns + count, count: min(count, ahead))
  upperProducts(
    TileOperands(left: transposed, right: transposed, stride: padded, depth: width), kernel,
    width: padded, .write, &prefetcher, rows: count)
  fill(fitted, with: 1, count: padded)
  guard
    factorise(
      kernel, ridge: fitted, width: padded, tolerance: tolerance, factor: kernel,
      inverses: inverses),
    substitute(kernel, inverses: inverses, coefficients, width: padded, solution: fitted)
  else { return false }

  fill(solution, with: 0, count: width)
  addCombination(rows, fitted, rows: count, width: width, to: solution)
  fill(fitted, with: 0, count: padded)
  addCombination(transposed, solution, rows: width, width: padded, to: fitted)
  var offset = 0
  while offset < width {
    store(load(solution, offset) * load(roots, offset), solution, offset)
    offset &+= laneCount
  }
  return true
}

/// Turns gathered rows into rows of Z, and targets into right sides.
@inline(__always)
private func scaleDualRows(
  _ rows: MutableFloats, _ targets: MutableFloats, weights: Floats?, roots: Floats, count: Int,
  width: Int
) {
  for row in 0..<count {
    var scale: Float = 1
    if let weights {
      scale = dualScale(weights[row])
      targets[row] /= scale
    }
    let lanes = every(scale)
    let line = rows + row &* width
    var offset = 0
    while offset < width {
      store(load(line, offset) * (lanes * load(roots, offset)), line, offset)
      offset &+= laneCount
    }
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
