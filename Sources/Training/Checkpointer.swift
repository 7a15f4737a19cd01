import BlockMatrix
import BlockStore
import FactorExchange
import Workers

/// Writes a run down while it goes on: the log, and generations.
///
/// Of several ranks each writes the shards of its blocks; the first one has the log, and makes the
/// generation appear when all have written theirs.
///
/// A side is written while it stands still anyway: the items during the user phase that ends their
/// iteration, the users during the item phase that follows. Nothing is copied, and a phase waits
/// until what it moves is written.
final class Checkpointer {
  private let model: ModelDirectory
  private let partition: Partition
  private let hyperparameters: Hyperparameters
  private let rules: RunSettings
  private let ranks: Ranks
  private let shares: PerSide<Share>
  private let trace: Trace?
  private let log: CheckedLog
  private var draft: (number: Int, writer: GenerationWriter, items: Background<[FileFacts]>)?
  private var committing: (number: Int, items: Background<[FileFacts]>, whole: Background<Void>)?
  /// The newest generation that is known to be on the disk.
  private(set) var saved: Int?

  init(
    _ model: ModelDirectory, partition: Partition, hyperparameters: Hyperparameters,
    rules: RunSettings, ranks: Ranks, shares: PerSide<Share>, trace: Trace? = nil, saved: Int?
  ) {
    self.model = model
    self.partition = partition
    self.hyperparameters = hyperparameters
    self.rules = rules
    self.ranks = ranks
    self.shares = shares
    self.trace = trace
    self.saved = saved
    log = model.log
  }

  // MARK: The log

  /// Makes the log end with the iterations that are done: drops lines of later ones, which are to
  /// be done again, and what is damaged, and writes down anew what is missing then.
  func mendLog(_ history: [IterationRecord]) throws(Failure) {
    guard ranks.speaks else { return }
    guard let content = try log.content() else { return }
    var lines = content.lines.filter { (Self.iteration(of: $0) ?? Int.max) <= history.count }
    let last = lines.last { $0.contains("\"event\":\"iteration\"") }.flatMap(Self.iteration) ?? 0
    let isWhole = lines.count == content.lines.count && content.damage == nil
    guard !isWhole || last < history.count else { return }
    for (number, record) in zip(1..., history) where number > last {
      // How long it took stood in the line that is lost.
      let report = IterationReport(
        iteration: number, record: record, seconds: .nan, generation: nil)
      lines.append(report.json.text)
    }
    try log.rewrite(lines)
  }

  func append(_ line: JSONText) throws(Failure) {
    if ranks.speaks { try log.append(line.text) }
  }

  /// The iteration that a line of ours speaks of.
  private static func iteration(of line: String) -> Int? {
    guard let key = line.firstRange(of: "\"iteration\":") else { return nil }
    return Int(line[key.upperBound...].prefix { $0.isNumber })
  }

  // MARK: Generations

  /// Begins a generation with the items, which must stay as they are until ``itemsWritten()``.
  func begin(_ number: Int, items: FactorTable) throws(Failure) {
    precondition(draft == nil, "a generation is begun once")
    let writer = try beginTogether(number)
    let (grid, blocks, trace) = (partition.facts.grids.item, shares.item.blocks, trace)
    draft = (
      number, writer,
      Background { () throws(Failure) in
        try trace.record("write items of \(number)", in: .writing) { () throws(Failure) in
          try writer.write(.item, table: items, grid: grid, blocks: blocks)
        }
      }
    )
  }

  /// The first rank makes the generation, the others join it.
  private func beginTogether(_ number: Int) throws(Failure) -> GenerationWriter {
    if ranks.speaks {
      let writer = try model.beginGeneration(number)
      _ = try ranks.spoken(Array(writer.name.utf8), about: .checkpoint)
      return writer
    }
    let name = String(decoding: try ranks.spoken([], about: .checkpoint), as: UTF8.self)
    return try model.joinGeneration(number, name)
  }

  /// Waits until items given to ``begin(_:items:)`` are written, and may move.
  func itemsWritten() throws(Failure) {
    _ = try draft?.items.wait()
    _ = try committing?.items.wait()
  }

  /// Goes on with the users, which must stay as they are until ``settle()``, and commits.
  ///
  /// - Parameter best: The iteration that did best on the hold-out, where one has to be kept.
  func commit(
    users: FactorTable, mean: Double?, history: [IterationRecord], best: Int?
  ) {
    guard let (number, writer, items) = draft else { return }
    draft = nil
    let facts = GenerationFacts(
      iteration: number, hyperparameters: hyperparameters, run: rules, partition: partition,
      history: history, mean: mean, best: best)
    let (model, grid, keep) = (model, partition.facts.grids.user, rules.keep)
    let (ranks, blocks, trace) = (ranks, shares.user.blocks, trace)
    committing = (
      number, items,
      Background { () throws(Failure) in
        let written = WrittenRuns(
          item: try items.wait(),
          user: try trace.record("write users of \(number)", in: .writing) { () throws(Failure) in
            try writer.write(.user, table: users, grid: grid, blocks: blocks)
          })
        try written.gather(in: writer, ranks)
        if ranks.speaks {
          try trace.record("commit \(number)", in: .writing) { () throws(Failure) in
            try model.log.flush()
            try writer.commit(facts)
            try model.prune(keep: keep, sparing: best)
          }
        }
        // Nobody believes that it is there before it is.
        _ = try ranks.spoken([], about: .checkpoint)
      }
    )
  }

  /// Waits until what was given to ``commit(users:mean:history:best:)`` is on the disk.
  ///
  /// - Returns: The generation that is now committed; `nil` where none was on its way.
  func settle() throws(Failure) -> Int? {
    guard let (number, _, whole) = committing else { return nil }
    committing = nil
    try whole.wait()
    model.remember(good: number)
    saved = number
    return number
  }

  /// Throws away a generation that was begun and cannot be completed.
  func abandonDraft() {
    guard let (_, writer, items) = draft else { return }
    draft = nil
    // Its outcome is of no interest any more; but nothing may write into it after it is gone.
    _ = try? items.wait()
    writer.abandon()
  }
}
