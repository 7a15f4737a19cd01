import BlockMatrix
import Workers

/// Writes one generation under another name; `commit` makes it appear, complete, by one rename.
///
/// The caller holds the model's lock.
package final class GenerationWriter: Sendable {
  package let number: Int
  private let model: ModelDirectory
  private let temporary: String
  /// Whether other processes' files are in it too, and one of them removes and commits it.
  private let isJoined: Bool
  private let state = Locked(State())

  private struct State {
    /// By the first block of each run that was written.
    var runs = PerSide<[Int: [FileFacts]]>(user: [:], item: [:])
    var shape: (rank: Int, hasBias: Bool)?
    var isEnded = false
  }

  private var fileSystem: any FileSystem { model.fileSystem }

  init(_ number: Int, of model: ModelDirectory) throws(Failure) {
    self.number = number
    self.model = model
    temporary = "\(model.path(ofGeneration: number)).tmp-\(RunName.random())"
    isJoined = false
    try model.fileSystem.makeDirectory(temporary, withParents: false)
  }

  /// Joins another process in writing a generation, which that one commits.
  ///
  /// - Parameter name: The other's ``name``.
  init(_ number: Int, of model: ModelDirectory, joining name: String) throws(Failure) {
    self.number = number
    self.model = model
    temporary = "\(model.generationsDirectory)/\(name)"
    isJoined = true
    guard try model.fileSystem.status(temporary) != nil else {
      throw Failure(
        .missingInput, at: temporary, "is not there, though another process has made it",
        hint: "all processes have to see the same directories")
    }
  }

  /// What processes on other hosts join it by.
  package var name: String {
    String(temporary.dropFirst(model.generationsDirectory.utf8.count + 1))
  }

  deinit { abandon() }

  /// Writes a side's factors, a shard for each block, down to the disk.
  ///
  /// Any thread; each side once.
  ///
  /// - Parameters:
  ///   - table: The rows of `blocks`.
  ///   - blocks: Those that this process writes; `nil` for all of the grid.
  /// - Returns: The files, in the order of the blocks.
  /// - Throws: `.io` before anything is written where the disk has not enough room.
  @discardableResult
  package func write(
    _ side: Side, table: FactorTable, grid: BlockGrid, blocks: Range<Int>? = nil
  ) throws(Failure) -> [FileFacts] {
    let blocks = blocks ?? 0..<grid.blockCount
    let first = grid.starts[blocks.lowerBound]
    precondition(grid.starts[blocks.upperBound] - first == table.rowCount)
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
    for block in blocks {
      let shard = FactorShard(
        side: side, block: block, indices: grid.indices(ofBlock: block), rank: table.rank,
        hasBias: table.hasBias)
      files.append(
        try shard.write(
          table, from: first, to: "\(temporary)/\(shard.fileName)", in: fileSystem))
    }
    let isOtherShape = state.withLock { state in
      defer { state.shape = (table.rank, table.hasBias) }
      return state.shape.map { $0 != (table.rank, table.hasBias) } ?? false
    }
    precondition(!isOtherShape, "both sides have one rank")
    adopt(files, of: side, from: blocks.lowerBound)
    return files
  }

  /// Takes in the files that a process has written, from block `first` on.
  package func adopt(_ files: [FileFacts], of side: Side, from first: Int) {
    state.withLock { $0.runs[side][first] = files }
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
      let (runs, shape) = state.withLock { ($0.runs, $0.shape) }
      guard !runs.user.isEmpty, !runs.item.isEmpty, let shape else {
        throw Failure(.bug, at: temporary, "a generation without both sides")
      }
      var facts = facts
      facts.rank = shape.rank
      facts.hasBias = shape.hasBias
      facts.shards = runs.map { $0.sorted { $0.key < $1.key }.flatMap(\.value) }
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
    if !wasEnded, !isJoined { try? fileSystem.removeTree(temporary) }
  }
}
