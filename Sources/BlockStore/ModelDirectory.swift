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
  let good = Locked<Set<Int>>([])
  /// `training.jsonl`, for people: training goes on without it.
  ///
  /// Flushed before a generation is committed: a log that ends before its generation was cut off.
  package let log: CheckedLog
  /// What was made to open it; `nil` where it was a model already.
  private let made: MadeDirectories?

  static let generationsName = "generations"
  static let logName = "training.jsonl"
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
      throw try StandingDirectory.noModel(model.directory, in: fileSystem)
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
    if let status = try fileSystem.status(model.generationsDirectory) {
      guard status.kind == .directory else {
        throw Failure(
          .output, at: model.generationsDirectory, "is no directory, and a link is not followed",
          hint: "put the directory itself in its place; the model's may be a link")
      }
      return model
    }
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

  /// Who holds the lock, as its file says.
  package func lockHolder() throws(Failure) -> [UInt8] {
    try fileSystem.open(lockPath, streaming: false).read(upTo: 4096)
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
      // What has another name is unfinished, set aside, or none of ours.
      guard digits.count == 8, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      return Int(name)
    }
    .sorted(by: >)
  }

  /// Begins a generation.
  package func beginGeneration(_ number: Int) throws(Failure) -> GenerationWriter {
    precondition((0..<100_000_000).contains(number))
    return try GenerationWriter(number, of: self)
  }

  /// Joins another process in writing a generation.
  package func joinGeneration(_ number: Int, _ name: String) throws(Failure) -> GenerationWriter {
    try GenerationWriter(number, of: self, joining: name)
  }

  package func remember(good number: Int) { good.withLock { _ = $0.insert(number) } }
}
