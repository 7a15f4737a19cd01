import BlockMatrix
import Workers

/// The ratings of one run of lines.
package struct ParsedRows: Sendable {
  /// Counts runs over all inputs, in their order, without gaps.
  package let number: Int
  /// Whose numbers the ids are.
  package let worker: Int
  package let rows: [RatingRow]
  /// The memory that the worker's ids take by now.
  package let idByteCount: Int
}

/// What was read besides the ratings.
package struct ReadOutcome: Sendable {
  /// The ids by each worker's numbers.
  package let ids: [PerSide<IdCollector>]
  package let rowCount: Int
  /// The lines that were skipped, in order.
  package let badLines: [BadLine]
  package let headerCount: Int
  /// Whether some input's rows had ratings of their own.
  package let valuesGiven: Bool
}

/// Reads ratings from text, with several workers at once.
///
/// Workers take runs of lines in turn; each numbers ids on its own, and the caller brings the
/// numbers together. Which worker reads what depends on timing, what is read does not.
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
    _ take: @escaping @Sendable (ParsedRows) throws(Failure) -> Void
  ) throws(Failure) -> ReadOutcome {
    let board = ReadingBoard(ChunkReader(self), badLineLimit: badLineLimit)
    let limit = badLineLimit
    WorkerThreads.run(max(1, workers)) { worker in
      var ids = PerSide(user: IdCollector(), item: IdCollector())
      while var chunk = board.nextChunk() {
        let parsed = RowParser.parse(
          &chunk, users: &ids.user, items: &ids.item, badLineLimit: limit)
        board.tally(chunk, parsed)
        do throws(Failure) {
          try Self.checkCounts(ids)
          try take(
            ParsedRows(
              number: chunk.number, worker: worker, rows: parsed.rows,
              idByteCount: ids.user.byteCount + ids.item.byteCount))
        } catch {
          board.fail(error, at: chunk.number)
        }
      }
      board.deposit(ids, of: worker)
    }
    return try board.outcome(names: inputs.map(\.name))
  }

  /// Indices have 32 bits.
  private static func checkCounts(_ ids: PerSide<IdCollector>) throws(Failure) {
    for side in Side.allCases where ids[side].count > IdCollector.maximumCount {
      throw Failure(.data, "there are more than 4 billion \(side.plural)")
    }
  }
}
