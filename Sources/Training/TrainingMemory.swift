import BlockMatrix
import BlockStore
import FactorExchange
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

  /// - Parameters:
  ///   - ranksHoldout: Whether a ranking metric is measured after each iteration.
  ///   - territory: What this process holds; `nil` for everything.
  ///   - rank: Its number among those that train together.
  ///   - start: The model that training begins with.
  /// - Throws: `.memory`, naming the least, where the budget is smaller.
  package init(
    _ partition: Partition, hyperparameters: Hyperparameters, settings: TrainingSettings,
    ranksHoldout: Bool = false, territory: Territory? = nil, rank: Int = 0,
    start: StartingModel? = nil
  ) throws(Failure) {
    let facts = partition.facts
    let territory = territory ?? Territory(whole: facts.grids)
    let width = FactorTable.stride(rank: hyperparameters.rank, hasBias: hyperparameters.hasBias)
    let rows = territory.shares.user.indices.count + territory.shares.item.indices.count
    // Only one rank writes ids; all match them with those of a start.
    let ids = try PerSide { side throws(Failure) in
      let own = rank == 0 || start != nil ? try partition.memoryOfIds(side) : 0
      return try own + (start?.memoryOfIds(side) ?? 0)
    }
    var held = rows * (width * 4 + Self.rowBytes) + (facts.holdout?.ratingCount ?? 0) * 12
    held += Self.exchangeBytes(territory, hyperparameters, width: width)
    if ranksHoldout { held += ids.user + ids.item + facts.itemCount * (width * 4 + 16) }
    let blocks = Side.allCases.flatMap { facts.shards[$0][territory.shares[$0].blocks] }
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
          hyperparameters,
          rowCount: max(
            territory.wanted?.user.count ?? facts.userCount,
            territory.wanted?.item.count ?? facts.itemCount),
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

  /// What a rank holds to exchange rows with others.
  private static func exchangeBytes(
    _ territory: Territory, _ hyperparameters: Hyperparameters, width: Int
  ) -> Int {
    guard let wanted = territory.wanted else { return 0 }
    let rows = wanted.user.count + wanted.item.count
    // The rows that it refers to, and about as many numbers of rows that others refer to; then
    // which rows those are, of both sides.
    var bytes = rows * (width * 4 + 4) + (wanted.user.rowCount + wanted.item.rowCount) * 12 / 64
    bytes += MPILink.library + min(MPILink.mostQueued, rows * width * 4)
    if hyperparameters.feedback != .explicit {
      // The Gramian of each range of rows, all of them before they are added.
      let ranges = Side.allCases.map { territory.shares[$0].indices.count / 4096 + 1 }.max() ?? 1
      bytes += ranges * width * width * 4
    }
    return bytes
  }

  /// A row's squared error, its count, and its count as the feedback counts it.
  private static let rowBytes = 8 + 4 + 4
  /// How a row steps, and the same once more while it is worked out.
  private static let paceBytes = 2 * 16
}
