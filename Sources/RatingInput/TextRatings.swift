import BlockMatrix
import Workers

/// Ratings as they stand in text, in its order, all in memory: for files that are small beside a
/// partition, such as test ratings and new users.
package struct TextRatings: Sendable, Equatable {
  /// The different ids of each side in the order in which they first occur, with the number of
  /// their ratings.
  package let ids: PerSide<IdTable>
  /// By places in ``ids``.
  package let ratings: HoldoutRatings

  /// Reads ratings into memory.
  ///
  /// - Throws: As a partition's making does for its input; `.data` where there is no rating.
  package init(
    _ inputs: [RatingInput], source: RatingSource, workers: Int
  ) throws(Failure) {
    let chunks = Locked<[ParsedChunk]>([])
    try RatingReader(inputs, source: source, workers: workers)
      .read { chunk in chunks.withLock { [chunk] in $0.append(chunk) } }
      .requireRatings(in: inputs[0])
    // Numbered when all is read: in the order of the text, whichever worker read what.
    let shared = SharedIds()
    var ratings = HoldoutRatings()
    for var chunk in chunks.withLock({ $0.sorted { $0.number < $1.number } }) {
      try shared.number(&chunk)
      ratings.users += chunk.rows.map(\.user)
      ratings.items += chunk.rows.map(\.item)
      ratings.values += chunk.rows.map(\.value)
    }
    ids = shared.take()
    self.ratings = ratings
  }
}
