import BlockMatrix
import Workers

/// The ratings of one run of records.
package struct ParsedChunk: Sendable {
  /// Counts runs over all inputs, in their order, without gaps.
  package internal(set) var number = 0
  /// Of text.
  package internal(set) var byteCount = 0
  /// By the numbers of `ids`, until ``SharedIds`` gives them others.
  package internal(set) var rows: [RatingRow] = []
  /// Of each rating, where times are read; else empty.
  package internal(set) var times: [Int64] = []
  /// The ids of the run, by numbers of its own.
  package internal(set) var ids = PerSide(user: IdCollector(), item: IdCollector())
}

/// What was read besides the ratings.
package struct ReadOutcome: Sendable {
  package let rowCount: Int
  /// The lines that were skipped, in order.
  package let badLines: [BadLine]
  package let headerCount: Int
  /// Whether some input's rows had ratings of their own.
  package let valuesGiven: Bool
  /// Ratings that were left out because of their time.
  package let outsideCount: Int

  /// - Throws: `.data` where there was no rating, calling the text by its first input.
  package func requireRatings(in input: RatingInput) throws(Failure) {
    guard rowCount == 0 else { return }
    throw Failure(
      .data, at: input.name, "there is no rating in the input",
      hint: outsideCount > 0
        ? "\(outsideCount) are outside --since and --until"
        : headerCount > 0
          ? "there is a header, but nothing after it" : "every line was skipped or blank")
  }
}

/// Reads ratings from text, with several workers at once.
///
/// Workers take runs of records in turn; each run's ids are numbered on their own, and the caller
/// brings the numbers together. Which worker reads what depends on timing, what is read does not.
package struct RatingReader: Sendable {
  package var inputs: [RatingInput]
  package var source: RatingSource
  package var workers: Int
  /// How many lines without a rating may be skipped.
  package var badLineLimit: Int
  package var chunkByteCount: Int
  /// The most bytes of a record without its line end.
  package var longestRecord: Int
  /// Counts the bytes read, before decompression.
  package let consumed = Counter()

  package init(
    _ inputs: [RatingInput], source: RatingSource, workers: Int, badLineLimit: Int = 0,
    chunkByteCount: Int = InputLimits.chunkByteCount,
    longestRecord: Int = InputLimits.lineByteCount
  ) {
    self.inputs = inputs
    self.source = source
    self.workers = workers
    self.badLineLimit = badLineLimit
    self.chunkByteCount = chunkByteCount
    self.longestRecord = longestRecord
  }

  /// Reads all inputs.
  ///
  /// - Parameter take: Gets each run's ratings, on any worker's thread, in any order.
  /// - Throws: The first failure in the order of the text: of an input, of a bad line beyond the
  ///   limit, or of `take`.
  package func read(
    _ take: @escaping @Sendable (inout ParsedChunk) throws(Failure) -> Void
  ) throws(Failure) -> ReadOutcome {
    let board = ReadingBoard(ChunkReader(self), badLineLimit: badLineLimit)
    let limit = badLineLimit
    try WorkerThreads.run(max(1, workers)) { _ in
      var parsed = ParsedChunk()
      while var chunk = board.nextChunk() {
        // Emptied, not made anew: its tables have the size that chunks need.
        for side in Side.allCases { parsed.ids[side].removeAll() }
        let found = RowParser.parse(
          &chunk, users: &parsed.ids.user, items: &parsed.ids.item, badLineLimit: limit)
        board.tally(chunk, found)
        parsed.number = chunk.number
        parsed.byteCount = chunk.byteCount
        parsed.rows = found.rows
        parsed.times = found.times
        do throws(Failure) {
          try take(&parsed)
        } catch {
          // The others come to their next chunk and stop; what they have begun stands before or
          // after this in the text, and the first failure counts.
          board.fail(error, at: chunk.number)
        }
      }
    }
    return try board.outcome(names: inputs.map(\.name))
  }
}
