import BlockALS
import BlockMatrix
import BlockPartition
import BlockStore
import RatingInput
import Workers

/// Ids of one side in the making; one thread at a time changes it.
final class IdBox {
  var ids = IdCollector()
}

final class RatingsBox: Sendable {
  let ratings: RatingsPartition

  init(_ ratings: RatingsPartition) { self.ratings = ratings }
}

/// `blockals_ids_new` of include/blockals.h.
@_cdecl("blockals_ids_new")
public func idsNew() -> Handle { handle(IdBox()) }

/// `blockals_ids_free` of include/blockals.h.
@_cdecl("blockals_ids_free")
public func idsFree(_ ids: Handle?) { release(ids, IdBox.self) }

/// `blockals_ids_add` of include/blockals.h.
@_cdecl("blockals_ids_add")
public func idsAdd(
  _ ids: UnsafeRawPointer?, _ bytes: UnsafePointer<UInt8>?, _ offsets: UnsafePointer<Int64>?,
  _ count: Int64, _ numbers: UnsafeMutablePointer<UInt32>?, _ failure: FailureSlot?
) -> Int32 {
  status(failure) { () throws(Failure) in
    let box = try required(ids, IdBox.self, "ids")
    let count = try checkedCount(count, "count")
    guard count > 0 else { return }
    let (offsets, numbers) = (try required(offsets, "offsets"), try required(numbers, "numbers"))
    guard offsets[0] >= 0 else { throw Failure(.data, at: "offsets", "begin below 0") }
    for place in 0..<count {
      let (start, end) = (Int(offsets[place]), Int(offsets[place + 1]))
      guard start <= end else { throw Failure(.data, at: "offsets", "descend after id \(place)") }
      let id = UnsafeBufferPointer(
        start: bytes.map { $0 + start }, count: bytes == nil ? 0 : end - start)
      guard !id.isEmpty, !id.contains(0) else {
        throw Failure(.data, at: "id \(place)", "is empty or has a zero byte")
      }
      guard box.ids.count < Int(UInt32.max) - 1 else {
        throw Failure(.data, "there are more than 4 billion ids")
      }
      numbers[place] = box.ids.index(of: id)
    }
  }
}

/// The settings of a partition in memory.
private func partitionSettings(
  _ text: UnsafePointer<CChar>?, _ stop: UnsafeRawPointer?
) throws(Failure) -> PartitionSettings {
  var texts = try TextSettings(text)
  var settings = PartitionSettings()
  if let word = try texts.take("duplicates", String.self) {
    guard let policy = DuplicatePolicy(rawValue: word) else {
      throw Failure(
        .usage, setting: "duplicates", "'\(printable(word.utf8))' is not known",
        hint: "use \(DuplicatePolicy.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    settings.duplicates = policy
  }
  for side in Side.allCases {
    if let least = try texts.take("min-\(side.rawValue)-ratings", Int.self) {
      settings.minimumRatings[side] = least
    }
    settings.blockCounts[side] = try texts.take("\(side.rawValue)-blocks", Int.self)
  }
  let seed = try texts.take("holdout-seed", UInt64.self) ?? 0
  settings.holdout = try texts.take("holdout", Double.self)
    .map { HoldoutRule(fraction: $0, seed: seed) }
  settings.workers = try texts.take("workers", Int.self) ?? 1
  settings.stop = stopRequest(stop)
  try texts.finish()
  return settings
}

/// `blockals_ratings_csr` of include/blockals.h.
@_cdecl("blockals_ratings_csr")
public func ratingsOfMatrix(
  _ rows: Int64, _ columns: Int64, _ indptr: UnsafePointer<Int64>?, _ indices: UnsafeRawPointer?,
  _ indexType: Int32, _ values: UnsafeRawPointer?, _ valueType: Int32,
  _ settings: UnsafePointer<CChar>?, _ stop: UnsafeRawPointer?, _ failure: FailureSlot?
) -> Handle? {
  result(failure) { () throws(Failure) in
    let settings = try partitionSettings(settings, stop)
    let matrix = try LentMatrix(
      rows: rows, columns: columns, starts: indptr, indices: indices, indexType: indexType,
      values: values, valueType: valueType)
    let counts = try matrix.checkedCounts()
    let given = GivenRatings(
      ids: counts.map { IdTable(numbersWithCounts: $0) }, rowCount: matrix.count,
      valuesGiven: matrix.hasValues, rows: { matrix.ratings($0) })
    return handle(RatingsBox(try RatingsPartition.inMemory(given, settings)))
  }
}

/// `blockals_ratings_pairs` of include/blockals.h.
@_cdecl("blockals_ratings_pairs")
public func ratingsOfPairs(
  _ userIds: UnsafeRawPointer?, _ itemIds: UnsafeRawPointer?, _ users: UnsafePointer<UInt32>?,
  _ items: UnsafePointer<UInt32>?, _ values: UnsafePointer<Float>?, _ count: Int64,
  _ settings: UnsafePointer<CChar>?, _ stop: UnsafeRawPointer?, _ failure: FailureSlot?
) -> Handle? {
  result(failure) { () throws(Failure) in
    let settings = try partitionSettings(settings, stop)
    let count = try checkedCount(count, "count")
    guard count > 0 else { throw Failure(.data, "there is no rating") }
    let ids = PerSide(
      user: try required(userIds, IdBox.self, "user_ids").ids.table(),
      item: try required(itemIds, IdBox.self, "item_ids").ids.table())
    let pairs = Lent((users: try required(users, "users"), items: try required(items, "items")))
    let lentValues = Lent(values)
    for position in 0..<count {
      guard Int(pairs.pointer.users[position]) < ids.user.count,
        Int(pairs.pointer.items[position]) < ids.item.count
      else { throw Failure(.data, at: "rating \(position)", "has the number of no id") }
      if let value = values?[position], !value.isFinite {
        throw Failure(
          .data, at: "rating \(position)", "has the value \(value), which is no finite number")
      }
    }
    let given = GivenRatings(
      ids: ids, rowCount: count, valuesGiven: values != nil,
      rows: { range in
        range.map {
          RatingRow(
            user: pairs.pointer.users[$0], item: pairs.pointer.items[$0],
            value: lentValues.pointer?[$0] ?? 1)
        }
      })
    return handle(RatingsBox(try RatingsPartition.inMemory(given, settings)))
  }
}

/// `blockals_ratings_open` of include/blockals.h.
@_cdecl("blockals_ratings_open")
public func ratingsOpen(_ path: UnsafePointer<CChar>?, _ failure: FailureSlot?) -> Handle? {
  result(failure) { () throws(Failure) in
    handle(
      RatingsBox(
        RatingsPartition(try Partition.open(try checkedPath(path), in: PosixFileSystem()))))
  }
}

/// `blockals_ratings_facts` of include/blockals.h.
@_cdecl("blockals_ratings_facts")
public func ratingsFacts(
  _ ratings: UnsafeRawPointer?, _ counts: UnsafeMutablePointer<Int64>?,
  _ digest: UnsafeMutablePointer<CChar>?
) {
  guard let ratings else { return }
  let facts = object(ratings, RatingsBox.self).ratings.partition.facts
  if let counts {
    counts[0] = Int64(facts.userCount)
    counts[1] = Int64(facts.itemCount)
    counts[2] = Int64(facts.ratingCount)
  }
  if let digest {
    // A digest is 32 hexadecimal digits, always.
    for (place, byte) in facts.digest.utf8.prefix(32).enumerated() {
      digest[place] = CChar(bitPattern: byte)
    }
    digest[32] = 0
  }
}

/// `blockals_ratings_free` of include/blockals.h.
@_cdecl("blockals_ratings_free")
public func ratingsFree(_ ratings: Handle?) { release(ratings, RatingsBox.self) }
