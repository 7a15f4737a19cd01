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

  struct Outcome<Row: NumberedRating>: Sendable {
    var rows: [Row]
    var mergedRowCount = 0
    var refused = Refused()
    /// A pair whose sum is beyond the largest float.
    var overflow: (user: UInt32, item: UInt32)?
  }

  /// Settles all pairs; ratings of a pair come in the order of the input.
  ///
  /// Nothing but `last` depends on that order, and that only for ratings of one time: sums are of
  /// ascending values, in Double, and ratings that are kept ascend. What is left of a pair has the
  /// time of its latest rating.
  func resolve<Row: NumberedRating>(_ rows: consuming [Row]) -> Outcome<Row> {
    // As a rule there are none, and nothing is to be moved.
    guard let first = (1..<max(1, rows.count)).first(where: { Self.isSamePair(rows, $0) }) else {
      return Outcome(rows: rows)
    }
    var outcome = Outcome<Row>(rows: [])
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
        var row = rows[start]
        row.time = rows[start..<end].reduce(row.time) { max($0, $1.time) }
        let values = settle(rows[start..<end], latest: row.time, &outcome)
        outcome.mergedRowCount += end - start - values.count
        for value in values {
          row.value = value
          rows[target] = row
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
  private static func isSamePair<Row: NumberedRating>(_ rows: [Row], _ index: Int) -> Bool {
    rows[index].user == rows[index - 1].user && rows[index].item == rows[index - 1].item
  }

  /// The values that a pair's ratings become.
  private func settle<Row: NumberedRating>(
    _ rows: ArraySlice<Row>, latest: Int64, _ outcome: inout Outcome<Row>
  ) -> [Float] {
    let pair = (rows[rows.startIndex].user, rows[rows.startIndex].item)
    switch policy {
    case .error:
      outcome.refused.rowCount += rows.count - 1
      outcome.refused.pairs.append(pair)
      return []
    case .last: return rows.last { $0.time == latest }.map { [$0.value] } ?? []
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
