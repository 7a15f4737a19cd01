import BlockMatrix

/// Draws items by their popularity, 1/(rank + 30)^1.1, in constant time.
///
/// Walker's alias method, after Vose 1991.
struct ItemSampler: Sendable {
  /// Of each column: how far the item itself reaches, out of 2³², and who has the rest.
  private var thresholds: [UInt32]
  private var aliases: [UInt32]

  /// - Parameter random: Shuffles which item has which popularity.
  init(count: Int, _ random: consuming SplitMix64) {
    var order = Array(0..<count)
    for index in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(index, random.below(index + 1))
    }
    var weights = [Double](repeating: 0, count: count)
    for (place, item) in order.enumerated() {
      weights[item] = power(Double(place) + 30, -1.1)
    }
    let sum = weights.reduce(0, +)
    // In units of a column's height.
    var shares = weights.map { $0 / sum * Double(count) }
    var small = shares.indices.filter { shares[$0] < 1 }
    var large = shares.indices.filter { shares[$0] >= 1 }
    thresholds = [UInt32](repeating: .max, count: count)
    aliases = (0..<count).map { UInt32($0) }
    while let low = small.popLast(), let high = large.popLast() {
      thresholds[low] = UInt32(shares[low] * 0x1p32)
      aliases[low] = UInt32(high)
      shares[high] -= 1 - shares[low]
      if shares[high] < 1 { small.append(high) } else { large.append(high) }
    }
  }

  @inline(__always)
  func draw(_ random: inout SplitMix64) -> Int {
    let bits = random.bits()
    let column = Int(((bits >> 32) * UInt64(thresholds.count)) >> 32)
    return UInt32(truncatingIfNeeded: bits) < thresholds[column] ? column : Int(aliases[column])
  }
}
