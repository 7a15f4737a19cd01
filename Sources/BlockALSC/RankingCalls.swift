import BlockMatrix
import BlockStore
import Ranking

/// Where rankings are written: `limit` places for each row, all of them filled.
private struct Places {
  let indices: UnsafeMutablePointer<UInt32>
  let scores: UnsafeMutablePointer<Float>
  let limit: Int

  init(
    _ indices: UnsafeMutablePointer<UInt32>?, _ scores: UnsafeMutablePointer<Float>?, _ limit: Int
  ) throws(Failure) {
    self.indices = try required(indices, "indices")
    self.scores = try required(scores, "scores")
    self.limit = limit
  }

  func write(_ ranking: [Candidate], row: Int) {
    for place in 0..<limit {
      let candidate = place < ranking.count ? ranking[place] : nil
      indices[row * limit + place] = candidate?.index ?? .max
      scores[row * limit + place] = candidate?.score ?? -.infinity
    }
  }
}

/// The rows that C gives, as a table.
private func table(
  _ rows: UnsafePointer<Float>?, _ count: Int, of model: FactorModel
) throws(Failure) -> FactorTable {
  let table = try FactorTable(rowCount: count, rank: model.rank, hasBias: model.hasBias)
  guard count > 0, table.width > 0 else { return table }
  let rows = try required(rows, "rows")
  for row in 0..<count {
    for place in 0..<table.width where !rows[row * table.width + place].isFinite {
      throw Failure(.data, at: "row \(row)", "has a factor that is no finite number")
    }
    table.writableRow(row).update(from: rows + row * table.width, count: table.width)
  }
  return table
}

/// Checks that a ranking's sizes go together; the length of each ranking is at least 1.
private func checkedLimit(_ limit: Int64, rows: Int) throws(Failure) -> Int {
  let limit = try checkedCount(limit, "limit", most: Int(UInt32.max))
  guard limit >= 1 else { throw Failure(.usage, at: "limit", "is not at least 1") }
  guard !limit.multipliedReportingOverflow(by: max(1, rows)).overflow else {
    throw Failure(.memory, at: "limit", "\(limit) places for each of \(rows) rows are too many")
  }
  return limit
}

/// Ids that nobody sees, for rows that have none.
private func namelessIds(_ count: Int) -> IdTable {
  IdTable(
    bytes: [], offsets: [Int](repeating: 0, count: count + 1),
    counts: [UInt32](repeating: 0, count: count))
}

/// `blockals_recommend` of include/blockals.h.
@_cdecl("blockals_recommend")
public func recommend(
  _ model: UnsafeRawPointer?, _ users: UnsafePointer<Float>?, _ count: Int64, _ limit: Int64,
  _ among: UnsafePointer<UInt32>?, _ amongCount: Int64, _ seenStarts: UnsafePointer<Int64>?,
  _ seenItems: UnsafePointer<UInt32>?, _ workers: Int32, _ items: UnsafeMutablePointer<UInt32>?,
  _ scores: UnsafeMutablePointer<Float>?, _ failure: FailureSlot?
) -> Int32 {
  status(failure) { () throws(Failure) in
    let model = try required(model, ModelBox.self, "model").model
    let count = try checkedCount(count, "count", most: Int(UInt32.max) - 1)
    let limit = try checkedLimit(limit, rows: count)
    let workers = try checkedWorkers(workers)
    guard count > 0 else { return }
    let places = try Places(items, scores, limit)
    let itemCount = model.ids.item.count
    var chosen: [UInt32]?
    if let among {
      let count = try checkedCount(amongCount, "among_count")
      chosen = try checkedIndices(
        Array(UnsafeBufferPointer(start: among, count: count)), below: itemCount, "among",
        areDifferent: true)
    }
    guard chosen?.isEmpty != true else {
      for row in 0..<count { places.write([], row: row) }
      return
    }
    let asked = try FactorModel(
      rows: PerSide(user: .held(try table(users, count, of: model)), item: model.rows.item),
      ids: PerSide(user: namelessIds(count), item: model.ids.item), mean: model.mean,
      scale: model.scale)
    var seen: SeenSource?
    if let seenStarts {
      let rows = try SparseRows(seenStarts, seenItems, count: count, below: itemCount)
      seen = { users throws(Failure) in SeenItems(users.map { rows.sorted(row: Int($0)) }) }
    }
    let recommender = try Recommender(asked, among: chosen, seen: seen)
    var row = 0
    try recommender.recommend(
      to: Array(0..<UInt32(count)), limit: limit, workers: workers,
      transform: { _, rankings throws(Failure) in rankings },
      emit: { _, rankings throws(Failure) in
        for ranking in rankings {
          places.write(ranking, row: row)
          row += 1
        }
      })
  }
}

/// `blockals_similar` of include/blockals.h.
@_cdecl("blockals_similar")
public func similar(
  _ model: UnsafeRawPointer?, _ side: Int32, _ rows: UnsafePointer<Float>?, _ count: Int64,
  _ own: UnsafePointer<UInt32>?, _ limit: Int64, _ workers: Int32,
  _ indices: UnsafeMutablePointer<UInt32>?, _ cosines: UnsafeMutablePointer<Float>?,
  _ failure: FailureSlot?
) -> Int32 {
  status(failure) { () throws(Failure) in
    let model = try required(model, ModelBox.self, "model").model
    let side = try checkedSide(side)
    let count = try checkedCount(count, "count", most: Int(UInt32.max) - 1)
    let limit = try checkedLimit(limit, rows: count)
    let workers = try checkedWorkers(workers)
    guard count > 0 else { return }
    let places = try Places(indices, cosines, limit)
    let table = try table(rows, count, of: model)
    // One more is asked for where one is to be left out.
    let extra = own == nil ? 0 : 1
    let rankings = try Neighbours(side, of: model).nearest(
      to: Array(0..<UInt32(count)), of: .held(table), limit: limit + extra,
      workers: workers)
    for (row, ranking) in rankings.enumerated() {
      let others = own.map { own in ranking.filter { $0.index != own[row] } } ?? ranking
      places.write(Array(others.prefix(limit)), row: row)
    }
  }
}

/// `blockals_fold_in` of include/blockals.h.
@_cdecl("blockals_fold_in")
public func foldIn(
  _ model: UnsafeRawPointer?, _ side: Int32, _ count: Int64, _ starts: UnsafePointer<Int64>?,
  _ indices: UnsafePointer<UInt32>?, _ values: UnsafePointer<Float>?, _ workers: Int32,
  _ rows: UnsafeMutablePointer<Float>?, _ failure: FailureSlot?
) -> Int32 {
  status(failure) { () throws(Failure) in
    let box = try required(model, ModelBox.self, "model")
    let side = try checkedSide(side)
    let count = try checkedCount(count, "count", most: Int(UInt32.max) - 1)
    let workers = try checkedWorkers(workers)
    guard count > 0 else { return }
    let rows = try required(rows, "rows")
    let known = box.model.ids[side.opposite]
    let given = try SparseRows(
      try required(starts, "indptr"), indices, count: count, below: known.count)
    let new = try NewRows(
      side, given.ratings(of: side, values: try checkedValues(values, given.count)),
      ids: PerSide { $0 == side ? namelessIds(count) : known }, in: box.loaded, workers: workers)
    let table = try new.model.rows[side].table()
    for row in 0..<count {
      (rows + row * box.width).update(from: table.base + row * table.stride, count: box.width)
    }
  }
}

/// `blockals_explain` of include/blockals.h.
@_cdecl("blockals_explain")
public func explain(
  _ model: UnsafeRawPointer?, _ items: UnsafePointer<UInt32>?, _ values: UnsafePointer<Float>?,
  _ count: Int64, _ item: UInt32, _ workers: Int32, _ failure: FailureSlot?
) -> UnsafeMutablePointer<CChar>? {
  result(failure) { () throws(Failure) in
    let box = try required(model, ModelBox.self, "model")
    let workers = try checkedWorkers(workers)
    let starts = [0, Int64(try checkedCount(count, "count", most: Int(UInt32.max) - 1))]
    let known = box.model.ids.item
    let given = try SparseRows(starts, items, count: 1, below: known.count)
    guard Int(item) < known.count else {
      throw Failure(.data, at: "item", "\(item) is none of \(known.count)")
    }
    let new = try NewRows(
      .user, given.ratings(of: .user, values: try checkedValues(values, given.count)),
      ids: PerSide(user: namelessIds(1), item: known), in: box.loaded, workers: workers)
    let explanation = try Explainer(new, of: box.loaded, workers: workers).explain(item)
    let json = JSONText.object([
      ("score", .number(Double(explanation.score))), ("baseline", .number(explanation.baseline)),
      (
        "parts",
        .list(explanation.parts) { part in
          .object([
            ("item", .int(Int(part.item))), ("rating", .number(Double(part.rating))),
            ("value", .number(part.value)),
          ])
        }
      ),
    ])
    return ownedText(json.text)
  }
}
