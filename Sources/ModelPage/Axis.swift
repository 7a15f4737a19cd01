import BlockMatrix

/// Maps values to places along one side of a plot.
package struct Axis {
  /// Values that have a mark.
  package let ticks: [Double]
  private let lower: Double
  private let upper: Double
  private let isLogarithmic: Bool

  /// The largest number that is drawn: beyond, differences leave the finite numbers.
  package static let bound = 1e300

  /// An axis of equal steps, from a little below the least value to a little above the largest.
  ///
  /// - Parameter fromZero: Whether it begins at 0 in any case.
  package static func linear(_ values: [Double], fromZero: Bool = false) -> Axis {
    var least = fromZero ? 0 : values.min() ?? 0
    var most = max(least, values.max() ?? 1)
    // Values that differ in their last digits alone are one value to whoever looks.
    let size = max(least.magnitude, most.magnitude)
    if most - least <= size * 1e-9 {
      let room = size == 0 ? 1 : size / 10
      (least, most) = (fromZero ? 0 : least - room, most + room)
    }
    let (step, decimal) = step(for: (most - least) / 4)
    let first = (least / step).rounded(.down)
    let count = min(12, Int(((most / step).rounded(.up) - first).rounded()))
    // Whole numbers times a power of ten: no tick is off by a rounding.
    let ticks = (0...max(1, count)).map { decimal(first + Double($0)) }
    return Axis(
      ticks: ticks, lower: ticks[0], upper: ticks[ticks.count - 1], isLogarithmic: false)
  }

  /// An axis on which equal factors are equally long.
  ///
  /// - Precondition: All values are positive.
  package static func logarithmic(_ values: [Double]) -> Axis {
    let least = max(values.min() ?? 1, 1 / bound)
    let most = max(least, values.max() ?? 1)
    var ticks: [Double] = []
    var power = 1.0
    while power > least { power /= 10 }
    while power <= least / 10 { power *= 10 }
    let isShort = most / power <= 1000
    while power <= most {
      for factor in isShort ? [1, 2, 5] : [1.0] where power * factor >= least {
        if power * factor <= most { ticks.append(power * factor) }
      }
      power *= 10
    }
    let skip = max(1, (ticks.count + 6) / 7)
    ticks = ticks.enumerated().filter { $0.offset % skip == 0 }.map(\.element)
    return Axis(
      ticks: ticks, lower: logarithm(least) - 0.1, upper: logarithm(most) + 0.1,
      isLogarithmic: true)
  }

  /// Where a value stands, from 0 to 1.
  package func place(_ value: Double) -> Double {
    let value = isLogarithmic ? logarithm(max(value, 1 / Self.bound)) : value
    return min(1, max(0, (value - lower) / (upper - lower)))
  }

  /// A step of 1, 2 or 5 times a power of ten that is at least `least`, and what makes multiples of
  /// it.
  private static func step(for least: Double) -> (Double, (Double) -> Double) {
    var (digit, power, isFraction) = (least, 1.0, false)
    while digit >= 10 { (digit, power) = (digit / 10, power * 10) }
    while digit < 1, power < bound { (digit, power, isFraction) = (digit * 10, power * 10, true) }
    let factor = [1.0, 2, 5].first { $0 >= digit * (1 - 1e-9) } ?? 10
    let divides = isFraction
    let unit = power
    return (
      divides ? factor / unit : factor * unit,
      { divides ? $0 * factor / unit : $0 * factor * unit }
    )
  }

  /// A tick's number in few characters.
  package static func label(_ value: Double) -> String {
    for (unit, name) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")]
    where value.magnitude >= unit && value.magnitude < 1e15 {
      return (value / (name == "k" ? 1000 : unit)).plain + " \(name)"
    }
    return value.plain
  }
}

extension Double {
  /// The number without a fraction where it has none.
  fileprivate var plain: String {
    magnitude < 1e15 && self == rounded() ? String(Int(self)) : short
  }
}
