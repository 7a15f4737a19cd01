/// How unevenly ratings lie on the rows of a side.
package struct Skew: Sendable, Equatable {
  /// Ratings of the row that this share of the rows does not exceed, for each of ``shares``.
  package let percentiles: [Int]
  /// The rows with the most ratings, the longest first.
  package let longest: [(index: Int, ratingCount: Int)]
  /// The share of all ratings that the longest hundredth of the rows has.
  package let topHundredthShare: Double

  /// Of the rows: from the least to the most ratings.
  package static let shares: [Double] = [0, 0.5, 0.9, 0.99, 1]

  /// - Parameter counts: The ratings of each row.
  /// - Complexity: O(rows · log rows).
  package init(counts: [UInt32], longestCount: Int = 3) {
    let descending = counts.indices.sorted { (counts[$0], $1) > (counts[$1], $0) }
    let total = counts.reduce(0.0) { $0 + Double($1) }
    let last = descending.count - 1
    percentiles =
      last < 0
      ? []
      : Self.shares.map { share in
        // The nearest rank, counted from the shortest row.
        let rank = Int((share * Double(last + 1)).rounded(.up))
        return Int(counts[descending[last - max(0, min(last, rank - 1))]])
      }
    longest = descending.prefix(longestCount).map { ($0, Int(counts[$0])) }
    let hundredth = descending.prefix((descending.count + 99) / 100)
    topHundredthShare =
      total == 0 ? 0 : hundredth.reduce(0.0) { $0 + Double(counts[$1]) } / total
  }

  package static func == (left: Skew, right: Skew) -> Bool {
    left.percentiles == right.percentiles && left.topHundredthShare == right.topHundredthShare
      && left.longest.elementsEqual(right.longest, by: ==)
  }
}
