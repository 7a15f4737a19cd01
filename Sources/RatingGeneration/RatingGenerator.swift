import BlockMatrix
import Workers

/// Made-up ratings with the shape of real ones.
///
/// A few users and items have most of the ratings: users' numbers of ratings are about log-normal,
/// items' popularity falls with a power of their rank. A rating is a mean, the biases of user and
/// item, the product of hidden factors of ``rank`` dimensions, and noise, rounded to half stars.
/// Everything is keyed by the seed and the user's or the item's number, so that the bytes depend on
/// neither machine nor workers.
package struct RatingGenerator: Sendable {
  package let userCount: Int
  package let itemCount: Int
  package let ratingCount: Int
  package let rank: Int
  package let seed: UInt64

  /// Ratings of each user.
  private let degrees: [Int]
  private let items: ItemSampler
  /// Hidden factors of each item, one after another.
  private let itemFactors: [Float]
  private let itemBiases: [Float]

  private enum Purpose {
    static let degree: UInt64 = 1
    static let itemOrder: UInt64 = 2
    static let draw: UInt64 = 3
    static let userFactors: UInt64 = 4
    static let itemFactors: UInt64 = 5
    static let noise: UInt64 = 6
  }

  /// The first line of the text.
  package static let header = Array("userId,movieId,rating\n".utf8)

  /// - Throws: `.usage` naming the setting that cannot be.
  package init(
    userCount: Int, itemCount: Int, ratingCount: Int, rank: Int = 20, seed: UInt64 = 0
  ) throws(Failure) {
    for (setting, value, most) in [
      ("users", userCount, 1_000_000_000), ("items", itemCount, 1_000_000_000),
      ("rank", rank, 1000),
    ] {
      guard (1...most).contains(value) else {
        throw Failure(.usage, setting: setting, "\(value) is not between 1 and \(most)")
      }
    }
    guard ratingCount >= 1, ratingCount <= userCount * itemCount else {
      throw Failure(
        .usage, setting: "ratings",
        "\(ratingCount) is not between 1 and users times items, "
          + "\(userCount * itemCount)", hint: "no pair is rated twice")
    }
    self.userCount = userCount
    self.itemCount = itemCount
    self.ratingCount = ratingCount
    self.rank = rank
    self.seed = seed
    degrees = Self.degrees(
      userCount: userCount, itemCount: itemCount, ratingCount: ratingCount, seed: seed)
    items = ItemSampler(
      count: itemCount, SplitMix64(seed: seed, purpose: Purpose.itemOrder, index: 0))
    var factors: [Float] = []
    var biases: [Float] = []
    for item in 0..<itemCount {
      var random = SplitMix64(seed: seed, purpose: Purpose.itemFactors, index: item)
      biases.append(Float(random.normal() * 0.4))
      for _ in 0..<rank { factors.append(Float(random.normal())) }
    }
    itemFactors = factors
    itemBiases = biases
  }

  /// Shares the ratings out among users: log-normal weights with σ = 1.3, no user with more than a
  /// quarter of the items unless there are not enough users.
  private static func degrees(
    userCount: Int, itemCount: Int, ratingCount: Int, seed: UInt64
  ) -> [Int] {
    let most = min(
      itemCount, max(1, itemCount / 4, (2 * ratingCount + userCount - 1) / userCount))
    let weights = (0..<userCount).map { user in
      var random = SplitMix64(seed: seed, purpose: Purpose.degree, index: user)
      return exponential(1.3 * longTailedNormal(&random))
    }
    var degrees = [Int](repeating: 0, count: userCount)
    var left = ratingCount
    // What users at their limit cannot take goes to the others, until little is left.
    for _ in 0..<8 where left > 0 {
      let open = weights.indices.filter { degrees[$0] < most }
      let sum = open.reduce(0.0) { $0 + weights[$1] }
      let share = Double(left) / sum
      for user in open {
        let more = min(most - degrees[user], Int(weights[user] * share), left)
        degrees[user] += more
        left -= more
      }
    }
    // The rest one by one, first to users without any. There is room: `most` times the users is at
    // least the ratings.
    for user in degrees.indices where left > 0 && degrees[user] == 0 {
      degrees[user] = 1
      left -= 1
    }
    while left > 0 {
      for user in degrees.indices where left > 0 && degrees[user] < most {
        degrees[user] += 1
        left -= 1
      }
    }
    return degrees
  }

  /// Closer to normal than ``SplitMix64/normal()``, at most 6 away from 0: the sum of three.
  private static func longTailedNormal(_ random: inout SplitMix64) -> Double {
    (random.normal() + random.normal() + random.normal()) * 0.57735026918962576
  }

  /// Cuts the users into ranges of about so many ratings.
  package func batches(ofRatings batchSize: Int) -> [Range<Int>] {
    var batches: [Range<Int>] = []
    var start = 0
    var ratings = 0
    for user in 0..<userCount {
      ratings += degrees[user]
      if ratings >= batchSize || user + 1 == userCount {
        batches.append(start..<user + 1)
        start = user + 1
        ratings = 0
      }
    }
    return batches
  }

  /// The lines of some users, in their order.
  package func text(ofUsers users: Range<Int>) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(users.reduce(0) { $0 + degrees[$1] } * 18)
    var isTaken = [Bool](repeating: false, count: itemCount)
    for user in users where degrees[user] > 0 {
      let drawn = draw(user, &isTaken)
      for item in drawn { isTaken[item] = false }
      append(user, drawn, to: &text)
    }
    return text
  }

  /// Draws different items by their popularity.
  private func draw(_ user: Int, _ isTaken: inout [Bool]) -> [Int] {
    let wanted = degrees[user]
    var drawn: [Int] = []
    drawn.reserveCapacity(wanted)
    var random = SplitMix64(seed: seed, purpose: Purpose.draw, index: user)
    for _ in 0..<16 * wanted where drawn.count < wanted {
      let item = items.draw(&random)
      if !isTaken[item] {
        isTaken[item] = true
        drawn.append(item)
      }
    }
    // A user who has nearly all: the rest in order, from anywhere.
    var item = random.below(itemCount)
    while drawn.count < wanted {
      if !isTaken[item] {
        isTaken[item] = true
        drawn.append(item)
      }
      item = item + 1 == itemCount ? 0 : item + 1
    }
    return drawn
  }

  private func append(_ user: Int, _ drawn: [Int], to text: inout [UInt8]) {
    var random = SplitMix64(seed: seed, purpose: Purpose.userFactors, index: user)
    let bias = Float(random.normal() * 0.4)
    // A product of factors has variance 1: those of users 1/rank, those of items 1.
    let scale = 1 / Double(rank).squareRoot()
    let factors = (0..<rank).map { _ in Float(random.normal() * scale) }
    var noise = SplitMix64(seed: seed, purpose: Purpose.noise, index: user)
    let prefix = Array("\(user + 1),".utf8)
    for item in drawn {
      var product: Float = 0
      for k in 0..<rank { product += factors[k] * itemFactors[item * rank + k] }
      let score = 3.5 + bias + itemBiases[item] + 0.55 * product + 0.75 * Float(noise.normal())
      let halfStars = min(10, max(1, Int((score * 2).rounded())))
      text.append(contentsOf: prefix)
      Self.append(item + 1, to: &text)
      text.append(0x2C)
      Self.append(halfStars / 2, to: &text)
      text.append(0x2E)
      text.append(halfStars.isMultiple(of: 2) ? 0x30 : 0x35)
      text.append(0x0A)
    }
  }

  private static func append(_ number: Int, to text: inout [UInt8]) {
    if number >= 10 { append(number / 10, to: &text) }
    text.append(0x30 + UInt8(number % 10))
  }
}
