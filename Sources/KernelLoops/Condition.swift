import CSystem

// How far a solution can be trusted. Sums and factors are rounded to 2⁻²⁴ of the matrix's size, and
// what that changes in the solution grows with the condition number: it still meets equations that
// hardly differ from those given, but where two directions are nearly one it may be anything.
// Pivots do not tell: none of them has to be small where the matrix is nearly singular.

/// The condition number up to which a solution is right to 2⁻⁷ of its size.
package let conditionLimit: Float = 0x1p-7 / 0x1p-24

/// The sum of the diagonal of A + diag(ridge), no less than its largest eigenvalue.
@inline(__always)
func trace(_ system: CholeskySystem) -> Float {
  var sum: Float = 0
  for row in 0..<system.order {
    sum += system.matrix[row &* (system.width &+ 1)] + system.ridge[row]
  }
  return sum
}

/// Whether the matrix that was factorised is far enough from a singular one.
///
/// The trace over what no eigenvalue is below bounds the condition number, and mostly that is
/// enough. Where it is not, |A⁻¹s| for a vector s of signs says more, at the price of a
/// substitution: on average over s its square is the sum of all squared inverse eigenvalues.
@inline(__always)
func isWellConditioned(_ system: CholeskySystem, trace: Float) -> Bool {
  if trace <= conditionLimit * system.least { return true }
  let solution = system.solution
  fill(solution, with: 0, count: system.width)
  for position in 0..<system.order { solution[position] = isNegative(position) ? -1 : 1 }
  guard substitute(system, solution) else { return false }
  let squares = dot(solution, solution, width: system.width)
  return trace * squares.squareRoot() <= conditionLimit
}

/// The signs of a vector that no matrix has been made for: the first bits of multiples of the
/// golden ratio.
@inline(__always)
func isNegative(_ position: Int) -> Bool {
  (UInt32(truncatingIfNeeded: position) &* 0x9E37_79B9) >> 31 == 1
}
