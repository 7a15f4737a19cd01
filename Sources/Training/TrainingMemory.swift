import BlockMatrix
import BlockStore
import LeastSquares

/// What training will hold in memory, known before any of it is read.
package struct TrainingMemory: Sendable, Equatable {
  /// What is held from the beginning to the end: factors of both sides, what each row's solve
  /// leaves, counts, the hold-out.
  package let heldBytes: Int
  /// What comes and goes: ids while the run begins, then rating blocks in work and read ahead, and
  /// what a phase works in; for stochastic gradient descent all ratings.
  package let workingBytes: Int
  /// All rating blocks of both sides, decoded.
  package let ratingBytes: Int
  /// Whether rating blocks stay decoded from one phase to the next.
  package let keepsRatings: Bool

  /// The least that training can do with.
  package var minimum: Int { Self.program + heldBytes + workingBytes }

  /// The program itself, its libraries and its threads' stacks.
  static let program = 24 << 20
  /// What is spent on keeping ratings decoded where no budget was named.
  static let unasked = 64 << 20

  /// - Parameter ranksHoldout: Whether a ranking metric is measured after each iteration.
  /// - Throws: `.memory`, naming the least, where the budget is smaller.
  package init(
    _ partition: Partition, hyperparameters: Hyperparameters, settings: TrainingSettings,
    ranksHoldout: Bool = false
  ) throws(Failure) {
    let facts = partition.facts
    let width = FactorTable.stride(rank: hyperparameters.rank, hasBias: hyperparameters.hasBias)
    let rows = facts.userCount + facts.itemCount
    let ids = try PerSide { side throws(Failure) in try partition.memoryOfIds(side) }
    var held = rows * (width * 4 + Self.rowBytes) + (facts.holdout?.ratingCount ?? 0) * 12
    if ranksHoldout { held += ids.user + ids.item + facts.itemCount * (width * 4 + 16) }
    let blocks = facts.shards.user + facts.shards.item
    let decoded = blocks.map { ($0.rowCount + 1) * 8 + $0.ratingCount * 8 }
    ratingBytes = decoded.reduce(0, +)
    let isStochastic = hyperparameters.solver == nil
    // A block in decoding has its stored and raw bytes beside it: at most as much again.
    let largest = (decoded.max() ?? 0) * 2
    let working: Int
    if isStochastic {
      working = facts.ratingCount * 12 + largest + rows * Self.paceBytes
    } else {
      let inFlight = min(blocks.count, settings.workers + PhaseBoard.readAhead(settings.workers))
      working =
        PhaseSolver.workingByteCount(
          hyperparameters, rowCount: max(facts.userCount, facts.itemCount),
          workers: settings.workers) + inFlight * largest
    }
    heldBytes = held
    workingBytes = max(working, ids.user, ids.item)
    let least = Self.program + heldBytes + workingBytes
    guard let memory = settings.memory else {
      keepsRatings = !isStochastic && ratingBytes <= Self.unasked
      return
    }
    guard memory >= least else {
      throw Failure(
        .memory, setting: "memory",
        "training needs at least \((least + (1 << 20) - 1) >> 20)M, \(memory >> 20)M are granted",
        hint: "grant more, use fewer workers, or partition into more blocks")
    }
    keepsRatings = !isStochastic && memory - least >= ratingBytes
  }

  /// A row's squared error, its count, and its count as the feedback counts it.
  private static let rowBytes = 8 + 4 + 4
  /// How a row steps, and the same once more while it is worked out.
  private static let paceBytes = 2 * 16
}
