import BlockMatrix
import BlockStore
import Workers

/// Writes generations while training goes on.
///
/// A generation is written when its factors are fixed anyway: the items during the user phase that
/// ends its iteration, the users during the item phase that follows. Nothing is copied, and a
/// phase that would overwrite factors waits until they are written.
final class Checkpointer {
  private let model: ModelDirectory
  private let grids: PerSide<BlockGrid>
  private let keep: Int
  private var draft: (number: Int, writer: GenerationWriter, items: Background<Void>)?
  private var committing: (number: Int, work: Background<Void>)?

  init(_ model: ModelDirectory, grids: PerSide<BlockGrid>, keep: Int) {
    self.model = model
    self.grids = grids
    self.keep = keep
  }

  /// Begins a generation with the items, which must stay as they are until ``itemsWritten()``.
  func begin(_ number: Int, items: FactorTable) throws(Failure) {
    let writer = try model.beginGeneration(number)
    let grid = grids.item
    draft = (
      number, writer,
      Background { () throws(Failure) in try writer.write(.item, table: items, grid: grid) }
    )
  }

  /// Waits until the items of the generation that was begun are written.
  func itemsWritten() throws(Failure) {
    try draft?.items.wait()
  }

  /// Goes on with the users, which must stay as they are until ``settle()``, and commits.
  func commit(users: FactorTable, facts: GenerationFacts) {
    guard let (number, writer, items) = draft else { return }
    draft = nil
    let (model, grid, keep) = (model, grids.user, keep)
    committing = (
      number,
      Background { () throws(Failure) in
        try items.wait()
        try model.log.flush()
        try writer.write(.user, table: users, grid: grid)
        try writer.commit(facts)
        try model.prune(keep: keep, sparing: facts.best)
      }
    )
  }

  /// Waits until what was given to ``commit(users:facts:)`` is on the disk.
  ///
  /// - Returns: The generation that is now committed; nothing where none was on its way.
  func settle() throws(Failure) -> Int? {
    guard let (number, work) = committing else { return nil }
    committing = nil
    try work.wait()
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
