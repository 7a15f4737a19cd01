import BlockMatrix
import BlockStore

/// A model with rows that it was not trained with: new users or items, solved from their own
/// ratings.
///
/// It is a model like any other, with one generation. Its other rows are as they were; training
/// does not go on with it, but can start from it.
package struct ModelUpdate: Sendable {
  package let side: Side
  /// Rows that the model did not have.
  package let addedCount: Int
  /// Rows that it had, and whose factors are now those of the new ratings alone.
  package let replacedCount: Int
  private let old: LoadedModel
  private let ids: IdTable
  private let table: FactorTable

  /// Puts the rows of both together.
  ///
  /// - Parameter replacing: Whether rows that the model has give way to new ones.
  /// - Throws: `.data` naming a row that the model has already, unless `replacing`, or where there
  ///   is no new one.
  /// - Complexity: O(rows of the side · rank).
  package init(
    _ new: NewRows, to old: LoadedModel, replacing: Bool, workers: Int
  ) throws(Failure) {
    side = new.side
    self.old = old
    let (known, newIds) = (old.model.ids[side], new.model.ids[side])
    let rows = new.ratedRows.map(Int.init)
    let places = newIds.indices(in: known)
    if let first = rows.first(where: { places[$0] != nil }), !replacing {
      throw Failure(
        .data, at: "\(side.rawValue) \"\(printable(newIds[first]))\"", "is in the model already",
        hint: "leave it out, or give --replace to put in factors from these ratings alone")
    }
    guard !rows.isEmpty else {
      throw Failure(.data, "no new \(side.rawValue) has a rating that the model can use")
    }
    let added = rows.filter { places[$0] == nil }
    addedCount = added.count
    replacedCount = rows.count - added.count
    var counts = known.counts
    for row in rows { if let place = places[row] { counts[Int(place)] = new.ratingCounts[row] } }
    counts += added.map { new.ratingCounts[$0] }
    let addedIds = added.map { newIds[$0] }
    let end = known.bytes.count
    ids = IdTable(
      bytes: known.bytes + addedIds.joined(),
      offsets: known.offsets + addedIds.map(\.count).offsets.dropFirst().map { end + $0 },
      counts: counts)
    table = try FactorTable(
      rowCount: counts.count, rank: old.model.rank, hasBias: old.model.hasBias)
    for range in old.model.rows[side].ranges {
      let part = try old.model.rows[side].table(of: range, workers: workers)
      for row in range { table.setRow(row, to: row - range.lowerBound, of: part) }
    }
    let solved = try new.model.rows[side].table(workers: workers)
    var next = known.count
    for row in rows {
      table.setRow(places[row].map { Int($0) } ?? next, to: row, of: solved)
      if places[row] == nil { next += 1 }
    }
  }

  /// Writes the model.
  ///
  /// - Returns: Whether it was there already, whole.
  /// - Throws: `.output` where there is another model, or anything else; nothing is left then.
  package func write(to path: String, in fileSystem: any FileSystem) throws(Failure) -> Bool {
    let model = try ModelDirectory.openOrCreate(path, in: fileSystem)
    let lock = try model.lock()
    defer { lock.release() }
    do throws(Failure) {
      // What runs have left that were killed.
      try model.prune(keep: 2, sparing: nil)
      guard try model.generations().isEmpty else {
        try checkSame(path, in: fileSystem)
        return true
      }
      var allIds = old.model.ids
      allIds[side] = ids
      try model.writeIds(allIds)
      let facts = old.facts.updated(
        side, rowCount: table.rowCount, added: addedCount, replaced: replacedCount)
      let generation = try model.beginGeneration(facts.iteration)
      try generation.write(side, table: table, grid: facts.grids[side])
      let (other, grid) = (old.model.rows[side.opposite], facts.grids[side.opposite])
      // A block at a time: nothing of the other side changes.
      for block in 0..<grid.blockCount {
        try generation.write(
          side.opposite, table: other.table(of: grid.indices(ofBlock: block)), grid: grid,
          blocks: block..<block + 1)
      }
      try generation.commit(facts)
      return false
    } catch {
      model.removeIfFruitless()
      throw error
    }
  }

  /// Checks that a model is what would be written: one's own, of a run that was killed at its end.
  private func checkSame(_ path: String, in fileSystem: any FileSystem) throws(Failure) {
    let standing = try LoadedModel.open(path, in: fileSystem, strict: true)
    var rows = old.model.rows
    rows[side] = .held(table)
    guard standing.model.ids[side] == ids,
      standing.model.ids[side.opposite] == old.model.ids[side.opposite],
      standing.facts.hyperparameters == old.facts.hyperparameters,
      standing.facts.iteration == old.facts.iteration,
      try Digest.factors(standing.model.rows) == Digest.factors(rows)
    else { throw OutputClaim.taken(path, by: "holds another model") }
  }
}
