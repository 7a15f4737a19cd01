import BlockMatrix
import Kernels

/// The equations of a row in Double: (A + diag(ridge)) x = b, where A is Σ w·yyᵀ over its ratings
/// and what all cells add, and b is Σ t·y.
///
/// They are summed from the ratings anew. Sums of floats would be of no use, rounded as they are to
/// 2⁻²⁴ of the largest eigenvalue, where the smallest one may be less than that.
@safe
struct DoubleRow {
  /// A solution is as right as a float can be when the last step changed less than this part of it.
  private static let fineChange = 0x1p-30
  /// Where steps no longer help, it still is better than any that is trusted of floats.
  private static let coarseChange = 0x1p-12
  private static let stepLimit = 8

  private let solver: PhaseSolver
  private let ratings: Range<Int>
  private let view: RatingView
  /// What all cells add; `nil` for explicit feedback.
  private let gramian: DoubleMatrix?
  private let memory: DoubleScratch
  private let facts: RowFacts

  private var width: Int { solver.fixed.stride }
  /// Unknowns; what is left of `width` is padding.
  private var order: Int { solver.fixed.width }

  /// Sums A.
  init(
    _ solver: PhaseSolver, _ ratings: Range<Int>, _ view: RatingView, _ facts: RowFacts,
    gramian: DoubleMatrix?, _ memory: DoubleScratch
  ) {
    self.solver = solver
    self.ratings = ratings
    unsafe self.view = view
    self.gramian = gramian
    self.memory = memory
    self.facts = facts
    if let gramian {
      unsafe memory.matrix.update(from: gramian.base, count: width * width)
    } else {
      unsafe memory.matrix.update(repeating: 0, count: width * width)
    }
    forEachRating { weight, _ in
      unsafe solver.kernels.addProductInDouble(memory.matrix, memory.line, weight, width)
    }
  }

  /// Solves the equations with more on their diagonal; `memory.solution` becomes x as it is written
  /// in floats.
  ///
  /// - Returns: Whether doubles could solve them.
  func solve(extraRidge extra: Double) -> Bool {
    let ridges = solver.ridges(facts)
    for position in 0..<order {
      let ridge = position == solver.biasPosition ? ridges.bias : ridges.factors
      unsafe memory.ridge[position] = ridge + extra
    }
    let isSolved =
      solver.hyperparameters.isNonnegative
      ? solveNonnegative() : solve([Bool](repeating: true, count: order))
    guard isSolved else { return false }
    for position in 0..<order {
      let value = unsafe Float(memory.solution[position])
      guard value.isFinite else { return false }
      unsafe memory.solution[position] = Double(value)
    }
    return true
  }

  /// The loss of a solution.
  func loss() -> Double {
    var loss = 0.0
    forEachRating { weight, target in
      let fitted = unsafe product(memory.line, memory.solution)
      // Of explicit feedback the square, because the constant is not known of it.
      loss +=
        solver.isWeighted
        ? fitted * (weight * fitted - 2 * target) : (target - fitted) * (target - fitted)
    }
    guard let gramian else { return loss }
    unsafe memory.step.update(repeating: 0, count: width)
    subtractProduct(gramian)
    return unsafe facts.constant + loss - product(memory.step, memory.solution)
  }

  /// The mean of A's diagonal.
  func diagonalMean() -> Double {
    let sum = (0..<order).reduce(0) { unsafe $0 + memory.matrix[$1 * (width + 1)] }
    return sum / Double(max(1, order))
  }

  // MARK: Solving

  /// Solves for the unknowns that are free; the others are zero.
  ///
  /// Step by step: the next step finds what is wrong with a solution in what it leaves of every
  /// single rating, not in A, which is rounded in proportion to its largest eigenvalue (after the
  /// corrected semi-normal equations of Björck, Linear Algebra Appl. 88/89, 1987). So there is no
  /// need of a dual form where there are fewer ratings than unknowns.
  private func solve(_ isFree: [Bool]) -> Bool {
    guard factorise(isFree) else { return false }
    unsafe memory.solution.update(repeating: 0, count: width)
    var last = Double.infinity
    for _ in 0..<Self.stepLimit {
      setRest()
      for position in 0..<order where !isFree[position] { unsafe memory.step[position] = 0 }
      unsafe solver.kernels.substituteInDouble(
        memory.factor, memory.inverses, memory.step, width, order)
      var (change, size) = (0.0, 0.0)
      for position in 0..<order {
        unsafe memory.solution[position] += memory.step[position]
        change += unsafe abs(memory.step[position])
        size += unsafe abs(memory.solution[position])
      }
      if change <= Self.fineChange * size { return true }
      // Written so that a change that is no number fails.
      guard change <= last / 4 else { return change <= Self.coarseChange * size }
      last = change
    }
    return true
  }

  /// Factorises A + diag(ridge), with the unit matrix where unknowns are not free.
  private func factorise(_ isFree: [Bool]) -> Bool {
    let factor = unsafe memory.factor
    unsafe factor.update(from: memory.matrix, count: width * width)
    for row in 0..<order {
      unsafe factor[row * (width + 1)] += memory.ridge[row]
      for column in row..<order where !(isFree[row] && isFree[column]) {
        unsafe factor[row * width + column] = row == column ? 1 : 0
      }
    }
    return unsafe solver.kernels.factoriseInDouble(factor, memory.inverses, width, order)
  }

  /// Minimises over x ≥ 0 from zeros on, one more factor at a time (Lawson and Hanson, Solving
  /// Least Squares Problems, 1974, chapter 23).
  ///
  /// Slower than the exchange of many at once that the loops use; but where equations are
  /// ill-conditioned that one goes round in circles, and this one cannot: each turn lowers the
  /// objective.
  private func solveNonnegative() -> Bool {
    var isFree = [Bool](repeating: false, count: order)
    // Those that rounding alone wants; they may be tried again when something has changed.
    var isRefused = isFree
    unsafe memory.solution.update(repeating: 0, count: width)
    for _ in 0..<(10 * order) {
      guard let next = steepest(where: { !isFree[$0] && !isRefused[$0] }) else { return true }
      let point = (0..<order).map { unsafe memory.solution[$0] }
      isFree[next] = true
      guard solveNonnegative(from: point, &isFree) else { return false }
      if isFree[next] {
        isRefused = [Bool](repeating: false, count: order)
      } else {
        isRefused[next] = true
      }
    }
    return false
  }

  /// Solves for those that are free; goes only as far towards a solution that is negative as all
  /// of them stay at zero or above, where those that stop it leave, until there is no need to.
  private func solveNonnegative(from start: [Double], _ isFree: inout [Bool]) -> Bool {
    var point = start
    while solve(isFree) {
      // How far the way goes for each that would come out negative.
      let shares = (0..<order).map { position -> Double? in
        let target = unsafe memory.solution[position]
        guard isFree[position], target <= 0 else { return nil }
        return point[position] > 0 ? point[position] / (point[position] - target) : 0
      }
      guard let least = shares.compactMap({ $0 }).min() else { return true }
      for position in 0..<order where isFree[position] {
        isFree[position] = shares[position] != least
        let change = unsafe memory.solution[position] - point[position]
        point[position] = isFree[position] ? point[position] + least * change : 0
      }
    }
    return false
  }

  /// The factor whose growth alone would lower the objective most; `nil` where none would do so by
  /// more than what floats could hold.
  private func steepest(where isCandidate: (Int) -> Bool) -> Int? {
    setRest()
    let largest = (0..<order).reduce(0) { unsafe max($0, memory.solution[$1]) }
    var best: (position: Int, gain: Double)?
    for position in 0..<order where isCandidate(position) {
      let rest = unsafe memory.step[position]
      let curvature = unsafe memory.matrix[position * (width + 1)] + memory.ridge[position]
      // A hundredth of what a float next to the largest could tell.
      guard rest > 1e-9 * largest * curvature else { continue }
      let gain = rest * rest / curvature
      if gain > best?.gain ?? 0 { best = (position, gain) }
    }
    return best?.position
  }

  // MARK: Passes over the ratings

  /// Makes `memory.step` what the solution leaves of b: b − (A + diag(ridge)) x.
  private func setRest() {
    unsafe memory.step.update(repeating: 0, count: width)
    forEachRating { weight, target in
      let rest = unsafe target - weight * product(memory.line, memory.solution)
      for position in 0..<order {
        unsafe memory.step[position] += rest * memory.line[position]
      }
    }
    if let gramian { subtractProduct(gramian) }
    for position in 0..<order {
      unsafe memory.step[position] -= memory.ridge[position] * memory.solution[position]
    }
  }

  /// Takes the product of a symmetric matrix with the solution from `memory.step`.
  private func subtractProduct(_ gramian: DoubleMatrix) {
    let (x, step) = unsafe (memory.solution, memory.step)
    for row in 0..<order {
      let line = unsafe gramian.base + row * width
      unsafe step[row] -= line[row] * x[row]
      for column in (row + 1)..<max(order, row + 1) {
        unsafe step[row] -= line[column] * x[column]
        unsafe step[column] -= line[column] * x[row]
      }
    }
  }

  /// Σ a·b over the unknowns, in order.
  private func product(
    _ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>
  ) -> Double {
    var sum = 0.0
    for position in 0..<order { unsafe sum += a[position] * b[position] }
    return sum
  }

  /// Puts the fixed factors of one rating after the other into `memory.line`, a one in the place of
  /// the bias, which the target is lowered by.
  private func forEachRating(_ body: (_ weight: Double, _ target: Double) -> Void) {
    guard let columns = unsafe view.columns else { return }
    let (line, bias) = unsafe (memory.line, solver.biasPosition)
    for rating in ratings {
      let factors = unsafe solver.fixed.base + Int(columns[rating]) * width
      for position in 0..<order { unsafe line[position] = Double(factors[position]) }
      let share = unsafe view.exactShare(rating)
      var target = share.target
      if bias >= 0 {
        unsafe target -= line[bias]
        unsafe line[bias] = 1
      }
      body(share.weight, target)
    }
  }
}
