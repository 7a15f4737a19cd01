import BlockMatrix
import RatingInput

/// What is done with several ratings of one pair, within ratings sorted by user and item.
struct DuplicateResolver: Sendable {
  let policy: DuplicatePolicy

  /// The pairs that were refused.
  struct Refused: Sendable {
    var rowCount = 0
    var pairs: [(user: UInt32, item: UInt32)] = []
  }

  struct Outcome: Sendable {
    var rows: [RatingRow]
    var mergedRowCount = 0
    var refused = Refused()
    /// A pair whose sum is beyond the largest float.
    var overflow: (user: UInt32, item: UInt32)?
  }

  /// Settles all pairs; ratings of a pair come in the order of the input.
  ///
  /// Nothing but `last` depends on that order: sums are of ascending values, in Double, and ratings
  /// that are kept ascend.
  func resolve(_ rows: consuming [RatingRow]) -> Outcome {
    // As a rule there are none, and nothing is to be moved.
    guard let first = (1..<max(1, rows.count)).first(where: { Self.isSamePair(rows, $0) }) else {
      return Outcome(rows: rows)
    }
    var outcome = Outcome(rows: [])
    var target = first - 1
    var start = first - 1
    while start < rows.count {
      var end = start + 1
      while end < rows.count, Self.isSamePair(rows, end) { end += 1 }
      if end == start + 1 {
        // In place: settled pairs close ranks where the others were.
        rows[target] = rows[start]
        target += 1
      } else {
        let values = settle(rows[start..<end], &outcome)
        outcome.mergedRowCount += end - start - values.count
        for value in values {
          rows[target] = RatingRow(user: rows[start].user, item: rows[start].item, value: value)
          target += 1
        }
      }
      start = end
    }
    rows.removeLast(rows.count - target)
    outcome.rows = rows
    return outcome
  }

  @inline(__always)
  private static func isSamePair(_ rows: [RatingRow], _ index: Int) -> Bool {
    rows[index].user == rows[index - 1].user && rows[index].item == rows[index - 1].item
  }

  /// The values that a pair's ratings become.
  private func settle(_ rows: ArraySlice<RatingRow>, _ outcome: inout Outcome) -> [Float] {
    let pair = (rows[rows.startIndex].user, rows[rows.startIndex].item)
    switch policy {
    case .error:
      outcome.refused.rowCount += rows.count - 1
      outcome.refused.pairs.append(pair)
      return []
    case .last: return rows.suffix(1).map(\.value)
    case .keep: return rows.map(\.value).sorted()
    case .sum, .mean:
      let sum = rows.map(\.value).sorted().reduce(0.0) { $0 + Double($1) }
      let value = Float(policy == .sum ? sum : sum / Double(rows.count))
      if !value.isFinite { outcome.overflow = pair }
      // Never −0, as no rating that is read is: equal ratings are equal bits.
      return [value == 0 ? 0 : value]
    }
  }
}
