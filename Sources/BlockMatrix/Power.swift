/// x to the power of y, for x > 0 and finite: the same bits on every machine.
///
/// The C library's `pow` rounds differently from one version to the next. Logarithm and exponential
/// are series of plain Double arithmetic here; their relative error is some 10⁻¹⁵ times |y·ln x|.
package func power(_ x: Double, _ y: Double) -> Double {
  if y == 0 { return 1 }
  if y == 1 { return x }
  return exponential(y * logarithm(x))
}

private let logarithmOfTwo = 0x1.62e4_2fef_a39efp-1

/// ln x, for x > 0 and finite: the same bits on every machine, by the series of the inverse
/// hyperbolic tangent around 1.
package func logarithm(_ x: Double) -> Double {
  var exponent = Double(x.exponent)
  var significand = x.significand
  if significand > 1.4142135623730951 {
    significand /= 2
    exponent += 1
  }
  let ratio = (significand - 1) / (significand + 1)
  let square = ratio * ratio
  var sum = 0.0
  for term in stride(from: 27.0, through: 1, by: -2) { sum = sum * square + 1 / term }
  return 2 * ratio * sum + exponent * logarithmOfTwo
}

/// eˣ: the same bits on every machine, by its series after the powers of two are taken out.
package func exponential(_ x: Double) -> Double {
  let exponent = (x / logarithmOfTwo).rounded()
  guard exponent.magnitude < 1000 else { return exponent > 0 ? .infinity : 0 }
  let rest = x - exponent * logarithmOfTwo
  var sum = 1.0
  for term in stride(from: 20.0, through: 1, by: -1) { sum = sum * rest / term + 1 }
  return sum * Double(sign: .plus, exponent: Int(exponent), significand: 1)
}
