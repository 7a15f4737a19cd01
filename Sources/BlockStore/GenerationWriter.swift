import BlockMatrix
import Workers

/// Writes one generation under another name; `commit` makes it appear, complete, by one rename.
///
/// The caller holds the model's lock.
package final class GenerationWriter: Sendable {
  package let number: Int
  private let model: ModelDirectory
  private let temporary: String
  private let state = Locked(State())

  private struct State {
    var shards = PerSide<[FileFacts]?>(user: nil, item: nil)
    var shape: (rank: Int, hasBias: Bool)?
    var isEnded = false
  }

  private var fileSystem: any FileSystem { model.fileSystem }

  init(_ number: Int, of model: ModelDirectory) throws(Failure) {
    self.number = number
    self.model = model
    temporary = "\(model.path(ofGeneration: number)).tmp-\(RunName.random())"
    try model.fileSystem.makeDirectory(temporary, withParents: false)
  }

  deinit { abandon() }

  /// Writes a side's factors, a shard for each block, down to the disk.
  ///
  /// Any thread; each side once.
  ///
  /// - Throws: `.io` before anything is written where the disk has not enough room.
  package func write(
    _ side: Side, table: FactorTable, grid: BlockGrid
  ) throws(Failure) {
    precondition(grid.rowCount == table.rowCount)
    let needed = table.rowCount * table.width * 4
    // Asked first: a disk that fills up half-way costs an iteration's time, and others their room.
    let free = try fileSystem.freeByteCount(at: temporary)
    guard free > needed else {
      throw Failure(
        .io, at: model.directory,
        "generation \(number) needs \(needed) bytes, the disk has \(free) left",
        hint: "make room on the disk and run the same command again")
    }
    var files: [FileFacts] = []
    for block in 0..<grid.blockCount {
      let shard = FactorShard(
        side: side, block: block, indices: grid.indices(ofBlock: block), rank: table.rank,
        hasBias: table.hasBias)
      files.append(
        try shard.write(table, to: "\(temporary)/\(shard.fileName)", in: fileSystem))
    }
    let written = files
    let isOtherShape = state.withLock { state in
      state.shards[side] = written
      defer { state.shape = (table.rank, table.hasBias) }
      return state.shape.map { $0 != (table.rank, table.hasBias) } ?? false
    }
    precondition(!isOtherShape, "both sides have one rank")
  }

  /// Writes the manifest and makes the generation appear.
  ///
  /// Only then is it there, whatever happens.
  ///
  /// A damaged generation of the same number is set aside as `<number>.damaged`.
  ///
  /// - Parameter facts: All but the shards, which the writer knows.
  /// - Throws: Whatever the disk reports. Nothing has appeared then, and what was written is
  ///   removed.
  @discardableResult
  package func commit(_ facts: GenerationFacts) throws(Failure) -> GenerationFacts {
    do throws(Failure) {
      let (shards, shape) = state.withLock { ($0.shards, $0.shape) }
      guard let users = shards.user, let items = shards.item, let shape else {
        throw Failure(.bug, at: temporary, "a generation without both sides")
      }
      var facts = facts
      facts.rank = shape.rank
      facts.hasBias = shape.hasBias
      facts.shards = PerSide(user: users, item: items)
      facts.ids = try model.idFacts()
      if let rule = facts.brokenRule(generation: number) {
        throw Failure(.bug, at: temporary, rule)
      }
      try fileSystem.writeDurably(
        try Manifest.encode(facts, .generation), to: "\(temporary)/\(Manifest.fileName)")
      // The names of its files before its own: a generation that is there is whole.
      try fileSystem.syncDirectory(temporary)
      try model.setAside(number)
      try fileSystem.rename(temporary, to: model.path(ofGeneration: number))
      state.withLock { $0.isEnded = true }
      try fileSystem.syncDirectory(model.generationsDirectory)
      model.remember(good: number)
      return facts
    } catch {
      abandon()
      throw error
    }
  }

  /// Removes everything that was written; nothing after a commit.
  package func abandon() {
    let wasEnded = state.withLock { state in
      defer { state.isEnded = true }
      return state.isEnded
    }
    // What cannot be removed now, the next training removes.
    if !wasEnded { try? fileSystem.removeTree(temporary) }
  }
}
