import BlockMatrix

/// How long it takes until a rating counts half.
package struct HalfLife: Sendable, Equatable {
  /// More than 0.
  package let milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// What a value counts at an age, in milliseconds.
  ///
  /// Whole half-lives are powers of two, exact; the rest is a series of plain Double arithmetic. So
  /// it is the same bits on every machine.
  func decayed(_ value: Float, age: Int64) -> Float {
    let (whole, rest) = age.quotientAndRemainder(dividingBy: milliseconds)
    let share = Double(rest) / Double(milliseconds)
    // A thousand of them leave nothing of any float.
    let scale = Double(sign: .plus, exponent: -Int(min(whole, 1000)), significand: 1)
    let result = Float(Double(value) * exponential(-share * Self.logarithmOfTwo) * scale)
    // Never −0, as no rating that is read is.
    return result == 0 ? 0 : result
  }

  private static let logarithmOfTwo = 0x1.62e4_2fef_a39efp-1
}
