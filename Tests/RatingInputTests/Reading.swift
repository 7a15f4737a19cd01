import BlockMatrix
import RatingInput
import Workers

/// A rating as a test compares it.
struct Rating: Equatable, CustomStringConvertible {
  var user: [UInt8]
  var item: [UInt8]
  var value: Float

  init(_ user: some Sequence<UInt8>, _ item: some Sequence<UInt8>, _ value: Float) {
    self.user = Array(user)
    self.item = Array(item)
    self.value = value
  }

  init(_ user: String, _ item: String, _ value: Float) {
    self.init(user.utf8, item.utf8, value)
  }

  var description: String { "\(printable(user)) \(printable(item)) \(value)" }
}

/// What a reading gave.
struct Reading: Equatable {
  var ratings: [Rating]
  var badLines: [BadLine] = []
}

/// Collects chunks on any thread.
private final class Chunks: Sendable {
  private let chunks = Locked<[ParsedChunk]>([])
  func add(_ chunk: ParsedChunk) { chunks.withLock { $0.append(chunk) } }
  var inOrder: [ParsedChunk] { chunks.withLock { $0.sorted { $0.number < $1.number } } }
}

/// Reads texts as the files `a.csv`, `b.csv` and so on.
func read(
  _ texts: [[UInt8]], _ source: RatingSource = RatingSource(), workers: Int = 1,
  badLineLimit: Int = 0, chunkByteCount: Int = InputLimits.chunkByteCount,
  longestRecord: Int = InputLimits.lineByteCount
) throws(Failure) -> Reading {
  let inputs = texts.enumerated().map { number, text in
    let name = "\(Character(UnicodeScalar(UInt8(97 + number)))).csv"
    return RatingInput(name: name) { MemorySource(text, name: name) }
  }
  let chunks = Chunks()
  let outcome = try RatingReader(
    inputs, source: source, workers: workers, badLineLimit: badLineLimit,
    chunkByteCount: chunkByteCount, longestRecord: longestRecord
  ).read { chunks.add($0) }
  let ratings = chunks.inOrder.flatMap { chunk in
    chunk.rows.map { row in
      Rating(chunk.ids.user[Int(row.user)], chunk.ids.item[Int(row.item)], row.value)
    }
  }
  return Reading(ratings: ratings, badLines: outcome.badLines)
}

func read(
  _ text: String, _ source: RatingSource = RatingSource(), workers: Int = 1, badLineLimit: Int = 0
) throws(Failure) -> Reading {
  try read([Array(text.utf8)], source, workers: workers, badLineLimit: badLineLimit)
}

/// The failure of a reading, or nothing where it succeeds.
func failure(
  of text: [UInt8], _ source: RatingSource = RatingSource(), badLineLimit: Int = 0
) -> Failure? {
  do throws(Failure) {
    _ = try read([text], source, badLineLimit: badLineLimit)
    return nil
  } catch {
    return error
  }
}
