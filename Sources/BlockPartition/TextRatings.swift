import BlockMatrix
import BlockStore
import RatingInput
import Workers

/// Ratings as they stand in text, in its order, all in memory: for files that are small beside a
/// partition, such as test ratings and new users.
package struct TextRatings: Sendable, Equatable {
  /// The different ids of each side in the order in which they first occur, with the number of
  /// their ratings.
  package let ids: PerSide<IdTable>
  /// Of each rating, the user's place in `ids.user`.
  package let users: [UInt32]
  /// Of each rating, the item's place in `ids.item`.
  package let items: [UInt32]
  package let values: [Float]
  /// Whether the text had values; without, each is 1.
  package let valuesGiven: Bool

  package var count: Int { values.count }

  /// - Parameter chunks: In the order of the text.
  init(_ chunks: [[RatingRow]], ids shared: SharedIds, _ outcome: ReadOutcome) {
    var users: [UInt32] = []
    var items: [UInt32] = []
    var values: [Float] = []
    for row in chunks.joined() {
      users.append(row.user)
      items.append(row.item)
      values.append(row.value)
    }
    let shared = shared.take()
    ids = PerSide(
      user: Self.renumber(&users, shared.user), item: Self.renumber(&items, shared.item))
    self.users = users
    self.items = items
    self.values = values
    valuesGiven = outcome.valuesGiven
  }

  /// Replaces provisional numbers by the order of first occurrence.
  private static func renumber(_ numbers: inout [UInt32], _ ids: IdTable) -> IdTable {
    var places = [UInt32](repeating: .max, count: ids.count)
    var bytes: [UInt8] = []
    var offsets = [0]
    var counts: [UInt32] = []
    for index in numbers.indices {
      let number = Int(numbers[index])
      if places[number] == .max {
        places[number] = UInt32(counts.count)
        bytes.append(contentsOf: ids[number])
        offsets.append(bytes.count)
        counts.append(0)
      }
      counts[Int(places[number])] += 1
      numbers[index] = places[number]
    }
    return IdTable(bytes: bytes, offsets: offsets, counts: counts)
  }
}

/// Reads ratings into memory.
///
/// - Parameter standardInput: What `-` among the paths stands for.
/// - Throws: As ``Partitioner`` does for its input; `.data` where there is no rating.
package func readRatings(
  _ paths: [String], source: RatingSource, in fileSystem: any FileSystem, workers: Int,
  standardInput: (any ReadableFile)? = nil
) throws(Failure) -> TextRatings {
  let inputs = try InputFiles.inputs(paths, in: fileSystem, standardInput: standardInput)
  let board = ChunkBoard()
  let ids = SharedIds()
  let outcome = try RatingReader(inputs, source: source, workers: workers)
    .read { chunk throws(Failure) in
      try ids.number(&chunk)
      board.add(chunk.number, chunk.rows)
    }
  guard outcome.rowCount > 0 else { throw noRatings(in: inputs[0].name, outcome) }
  return TextRatings(board.inOrder, ids: ids, outcome)
}

/// The failure for text without a rating.
func noRatings(in name: String, _ outcome: ReadOutcome) -> Failure {
  Failure(
    .data, at: name, "there is no rating in the input",
    hint: outcome.headerCount > 0
      ? "there is a header, but nothing after it" : "every line was skipped or blank")
}

private final class ChunkBoard: Sendable {
  private let chunks = Locked<[(number: Int, rows: [RatingRow])]>([])

  func add(_ number: Int, _ rows: [RatingRow]) { chunks.withLock { $0.append((number, rows)) } }

  var inOrder: [[RatingRow]] {
    chunks.withLock { chunks in chunks.sorted { $0.number < $1.number }.map(\.rows) }
  }
}
