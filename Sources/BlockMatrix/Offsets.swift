extension Sequence where Element: FixedWidthInteger {
  /// Where parts of these lengths begin that lie one after another, and at last where all end.
  package var offsets: [Int] {
    var offsets = [0]
    offsets.reserveCapacity(underestimatedCount + 1)
    var sum = 0
    for length in self {
      sum += Int(length)
      offsets.append(sum)
    }
    return offsets
  }
}
