import BlockMatrix

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers for a seed, everywhere.
package struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// A number from 0 up to, but not including, 1.
  package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

extension RatingMatrix {
  /// Ratings with a planted signal of rank 3 and a few very popular items, from a seed.
  ///
  /// Every row has a rating, no pair has two, and indices descend by count, as partitioning leaves
  /// them; so there may be somewhat fewer rows than were asked for.
  ///
  /// - Parameters:
  ///   - userCount: Users at most.
  ///   - itemCount: Items at most.
  ///   - ratingCount: Pairs drawn, at most as many as there are.
  ///   - seed: Decides everything else.
  ///   - step: Values are multiples of it; 0 leaves them as they come.
  /// - Returns: The same ratings for the same arguments, everywhere.
  package static func random(
    userCount: Int, itemCount: Int, ratingCount: Int, seed: UInt64, step: Float = 0.5
  ) -> RatingMatrix {
    precondition(ratingCount <= userCount * itemCount)
    var generator = SplitMix(seed: seed)
    var drawn = Set<Int>()
    while drawn.count < ratingCount {
      // Squaring and cubing a uniform number crowds the draws towards the first rows.
      let u = generator.unit()
      let i = generator.unit()
      let isUniform = generator.unit() < 0.3
      let user = Int(Double(userCount) * (isUniform ? u : u * u))
      let item = Int(Double(itemCount) * (isUniform ? i : i * i * i))
      drawn.insert(user * itemCount + item)
    }
    let taste = (0..<userCount).map { _ in (0..<3).map { _ in generator.unit() * 2 - 1 } }
    let trait = (0..<itemCount).map { _ in (0..<3).map { _ in generator.unit() * 2 - 1 } }
    let ratings = drawn.sorted().map { pair in
      let (user, item) = pair.quotientAndRemainder(dividingBy: itemCount)
      let signal = zip(taste[user], trait[item]).reduce(0) { $0 + $1.0 * $1.1 }
      let value = Float(3 + 1.5 * signal + generator.unit() - 0.5)
      // Adding 0 makes −0 into 0: values that are equal have equal bits.
      return Rating(
        user: user, item: item, value: step > 0 ? (value / step).rounded() * step + 0 : value)
    }
    return RatingMatrix(userCount: userCount, itemCount: itemCount, ratings: ratings).renumbered()
  }

  /// The same ratings with rows numbered by falling count, and rows without ratings left out.
  private func renumbered() -> RatingMatrix {
    func numbers(_ side: Side) -> [Int: Int] {
      let counts = counts(side)
      let order = counts.indices.filter { counts[$0] > 0 }
        .sorted { (counts[$1], $0) < (counts[$0], $1) }
      return Dictionary(uniqueKeysWithValues: zip(order, order.indices))
    }
    let users = numbers(.user)
    let items = numbers(.item)
    return RatingMatrix(
      userCount: users.count, itemCount: items.count,
      ratings: ratings.compactMap { rating in
        guard let user = users[rating.user], let item = items[rating.item] else { return nil }
        return Rating(user: user, item: item, value: rating.value)
      })
  }

  /// Ids whose bytes ascend with the index, so that partitioning gives each its index again.
  package func idTable(_ side: Side) -> IdTable {
    let counts = counts(side)
    let letter = side == .user ? "u" : "i"
    let ids = counts.indices.map { index in
      let digits = String(index)
      return letter + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
    return IdTable(ids: ids, counts: counts)
  }

  /// The ratings as CSV with a header, with the ids of ``idTable(_:)``, ascending by (user, item).
  package var csv: String {
    let users = idTable(.user)
    let items = idTable(.item)
    var text = "user,item,rating\n"
    for rating in ratings {
      let user = String(decoding: users[rating.user], as: UTF8.self)
      let item = String(decoding: items[rating.item], as: UTF8.self)
      text += "\(user),\(item),\(rating.value)\n"
    }
    return text
  }
}
