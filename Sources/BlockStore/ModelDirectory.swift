import BlockMatrix
import Workers

/// A model: numbered, immutable generations of factors, the ids, and the log of the training.
///
/// Reading needs no lock: a generation appears complete, and goes by being renamed first. Whoever
/// writes holds ``lock()``.
package final class ModelDirectory: Sendable {
  package let directory: String
  let fileSystem: any FileSystem
  /// Generations that this process has committed or read and found whole.
  private let good = Locked<Set<Int>>([])
  /// `training.jsonl`, for people: training goes on without it.
  ///
  /// Flushed before a generation is committed: a log that ends before its generation was cut off.
  package let log: CheckedLog
  /// What was made to open it; `nil` where it was a model already.
  private let made: MadeDirectories?

  static let generationsName = "generations"
  private static let logName = "training.jsonl"
  var generationsDirectory: String { "\(directory)/\(Self.generationsName)" }
  func path(ofGeneration number: Int) -> String {
    "\(generationsDirectory)/\(Path.number(number, digits: 8))"
  }

  /// Opens a model to read it.
  ///
  /// - Throws: `.missingInput` where there is none.
  package static func open(
    _ directory: String, in fileSystem: any FileSystem
  ) throws(Failure) -> ModelDirectory {
    let model = ModelDirectory(directory, in: fileSystem)
    guard try fileSystem.status(model.generationsDirectory) != nil else {
      throw Failure(
        .missingInput, at: model.directory,
        "is no model: it has no directory \(generationsName)",
        hint: "make one: blockals train PARTITION -o \(model.directory)")
    }
    return model
  }

  /// Opens a model to train it, making the directory where it is missing.
  ///
  /// A directory is a model's as long as nothing stands in it but what a model consists of: a
  /// training that failed before its first generation may have left any part of that.
  ///
  /// - Throws: `.output` where there is something else already.
  package static func openOrCreate(
    _ directory: String, in fileSystem: any FileSystem
  ) throws(Failure) -> ModelDirectory {
    let model = ModelDirectory(directory, in: fileSystem)
    guard try fileSystem.status(model.generationsDirectory) == nil else { return model }
    if try fileSystem.status(model.directory) != nil,
      let stranger = try fileSystem.list(model.directory).first(where: { !isPart($0) })
    {
      throw Failure(
        .output, at: model.directory,
        "is neither a model nor empty: it has \(printable(stranger.utf8))",
        hint: "choose another name, or remove it first")
    }
    let made = try MadeDirectories(to: model.generationsDirectory, in: fileSystem)
    return ModelDirectory(directory, in: fileSystem, made: made)
  }

  /// Whether a name in a directory is one of a model's own files, finished or not.
  private static func isPart(_ name: String) -> Bool {
    let files = Side.allCases.map { IdShard.fileName($0) } + [logName]
    return name == lockName || files.contains { name == $0 || RunName.isTemporary(name, of: $0) }
  }

  private init(
    _ directory: String, in fileSystem: any FileSystem, made: MadeDirectories? = nil
  ) {
    self.directory = Path.trimmed(directory)
    self.fileSystem = fileSystem
    self.made = made
    log = CheckedLog("\(self.directory)/\(Self.logName)", in: fileSystem)
  }

  private static let lockName = "LOCK"
  private var lockPath: String { "\(directory)/\(Self.lockName)" }

  /// Keeps other writers away until the lock is released or the process ends.
  ///
  /// - Throws: `.output` naming the process that holds it.
  package func lock() throws(Failure) -> any FileLock {
    try fileSystem.lock(lockPath, owner: ProcessName.current)
  }

  /// Takes a model back that has come to nothing: one that was no model when it was opened, and
  /// has no generation.
  ///
  /// Goes on to the directories that were made for it, as far as nothing else is in them. The
  /// caller holds the lock, and releases it afterwards.
  package func removeIfFruitless() {
    guard let made, made.contains(generationsDirectory) else { return }
    // What cannot be removed now, the next training goes on with; it loses nothing.
    guard (try? removeStale()) != nil, (try? generations())?.isEmpty == true else { return }
    try? log.remove()
    for name in (try? fileSystem.list(directory)) ?? [] where name != Self.lockName {
      if Self.isPart(name) { try? fileSystem.removeTree("\(directory)/\(name)") }
    }
    // Last, as whoever locks it afterwards has to find it gone.
    try? fileSystem.removeFile(lockPath)
    made.removeEmpty(in: fileSystem)
  }

  /// The numbers of all committed generations, the newest first, whole or not.
  package func generations() throws(Failure) -> [Int] {
    try fileSystem.list(generationsDirectory).compactMap { name in
      let digits = name.utf8
      guard digits.count == 8, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      return Int(name)
    }
    .sorted(by: >)
  }

  /// A generation's manifest, its facts fitting each other.
  package func facts(ofGeneration number: Int) throws(Failure) -> GenerationFacts {
    let path = "\(path(ofGeneration: number))/\(Manifest.fileName)"
    let facts = try Manifest.read(GenerationFacts.self, .generation, path, in: fileSystem)
    if let rule = facts.brokenRule(generation: number) { throw Manifest.damaged(path, 0, rule) }
    return facts
  }

  /// Reads a side's factors, every shard verified against the manifest.
  package func readFactors(
    _ side: Side, generation number: Int
  ) throws(Failure) -> FactorTable {
    let facts = try facts(ofGeneration: number)
    // Before memory is asked for, every file has to have its length.
    for (block, file) in facts.shards[side].enumerated() {
      let path = path(of: side, block: block, facts)
      try file.check(
        byteCount: try fileSystem.open(path, streaming: false).byteCount, of: path)
    }
    let table = try FactorTable(
      rowCount: facts.rowCount(of: side), rank: facts.rank, hasBias: facts.hasBias)
    for (block, file) in facts.shards[side].enumerated() {
      try facts.shard(side, block: block).read(
        path(of: side, block: block, facts), expected: file, into: table, in: fileSystem)
    }
    return table
  }

  /// The path of a factor shard.
  func path(of side: Side, block: Int, _ facts: GenerationFacts) -> String {
    "\(path(ofGeneration: facts.iteration))/\(facts.shard(side, block: block).fileName)"
  }

  /// Reads the newest generation that is whole.
  ///
  /// - Returns: Nothing where there is no generation at all. Damaged ones that were passed over are
  ///   in `refused`, the newest first; they are not removed.
  /// - Throws: `.data` where all are damaged; `.memory` and `.permission` at once.
  package func newestGood() throws(Failure) -> (
    number: Int, facts: GenerationFacts, factors: PerSide<FactorTable>,
    refused: [(generation: Int, failure: Failure)]
  )? {
    var refused: [(generation: Int, failure: Failure)] = []
    for number in try generations() {
      do throws(Failure) {
        let factors = PerSide(
          user: try readFactors(.user, generation: number),
          item: try readFactors(.item, generation: number))
        let facts = try facts(ofGeneration: number)
        remember(good: number)
        return (number, facts, factors, refused)
      } catch {
        guard [.data, .missingInput, .io].contains(error.code) else { throw error }
        refused.append((number, error))
      }
    }
    guard let newest = refused.first else { return nil }
    throw Failure(
      .data, at: newest.failure.place,
      "\(newest.failure.message); no other of \(refused.count) generations is whole",
      hint: "restore a generation, or start over with --fresh")
  }

  /// Begins a generation.
  package func beginGeneration(_ number: Int) throws(Failure) -> GenerationWriter {
    precondition((0..<100_000_000).contains(number))
    return try GenerationWriter(number, of: self)
  }

  func remember(good number: Int) { good.withLock { _ = $0.insert(number) } }

  /// Whether every file of a generation is as its manifest says.
  func isWhole(_ number: Int) throws(Failure) -> Bool {
    if good.withLock({ $0.contains(number) }) { return true }
    do throws(Failure) {
      let facts = try facts(ofGeneration: number)
      for side in Side.allCases {
        for (block, file) in facts.shards[side].enumerated() {
          try facts.shard(side, block: block).read(
            path(of: side, block: block, facts), expected: file, into: nil, in: fileSystem)
        }
      }
    } catch {
      guard [.data, .missingInput, .io].contains(error.code) else { throw error }
      return false
    }
    remember(good: number)
    return true
  }
}
