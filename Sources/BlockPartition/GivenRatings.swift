import BlockMatrix
import RatingInput
import Workers

/// Ratings that a program has in memory, by numbers of its own.
package struct GivenRatings: Sendable {
  /// The ids of the numbers, and how often each occurs; some may not occur at all.
  let ids: PerSide<IdTable>
  let rowCount: Int
  /// Whether the ratings have values; without, every rating is 1.
  let valuesGiven: Bool
  /// The ratings at some positions, in their order; any thread.
  let rows: @Sendable (Range<Int>) -> [RatingRow]

  /// - Precondition: Numbers lie in the tables of ids, and values are finite.
  package init(
    ids: PerSide<IdTable>, rowCount: Int, valuesGiven: Bool,
    rows: @escaping @Sendable (Range<Int>) -> [RatingRow]
  ) {
    self.ids = ids
    self.rowCount = rowCount
    self.valuesGiven = valuesGiven
    self.rows = rows
  }
}

extension PartitionRun {
  /// Takes ratings over as if they had been read.
  func take<Row: NumberedRating>(
    _ given: GivenRatings, as rows: Row.Type
  ) throws(Failure) -> TextRows<Row> {
    guard given.rowCount > 0 else { throw Failure(.data, "there is no rating") }
    let store: RowStore<Row> = makeStore("text")
    let length = 1 << 18
    _ = try Parallel.map(
      rangesOf: given.rowCount, length: length, workers: settings.workers
    ) { range throws(Failure) in
      try settings.stop.check()
      try store.append(
        Row.rows(given.rows(range), times: []), cell: range.lowerBound / length)
    }
    var measure = TextMeasure()
    measure.rowCount = given.rowCount
    measure.userCount = given.ids.user.count
    measure.byteCount = given.rowCount * MemoryLayout<RatingRow>.stride
    for side in Side.allCases {
      let ids = given.ids[side]
      measure.idByteCount += PartitionMemory.idByteCount(
        count: ids.count, length: ids.bytes.count)
      measure.longest[side] = Int(ids.counts.max() ?? 0)
    }
    try memory.check(measure, holdsIds: true)
    var summary = PartitionSummary()
    summary.rowCount = given.rowCount
    return TextRows(
      ids: given.ids, store: store, measure: measure, badLines: [],
      valuesGiven: given.valuesGiven, summary: summary)
  }
}
