import BlockMatrix
import BlockStore
import LeastSquares

/// What training will hold in memory, known before any of it is read.
package struct MemoryPlan: Sendable, Equatable {
  /// Factor tables of both sides, and the values that each row's solve leaves.
  package let factorBytes: Int
  /// Rating blocks in work and read ahead, and what a phase works in; for stochastic gradient
  /// descent all ratings.
  package let workingBytes: Int
  /// All rating blocks of both sides, decoded.
  package let ratingBytes: Int
  /// Whether rating blocks stay decoded from one phase to the next.
  package let keepsRatings: Bool

  /// The least that training can do with.
  package var minimum: Int { Self.program + factorBytes + workingBytes }

  /// The program itself, its libraries and its threads' stacks.
  static let program = 24 << 20
  /// What is spent on keeping ratings decoded where no budget was named.
  static let unasked = 64 << 20

  /// - Throws: `.memory`, naming the least, where the budget is smaller.
  package init(
    _ facts: PartitionFacts, hyperparameters: Hyperparameters, settings: TrainingSettings,
    solverBytes: Int
  ) throws(Failure) {
    let stride = FactorTable.stride(
      rank: hyperparameters.rank, hasBias: hyperparameters.hasBias)
    let rows = facts.userCount + facts.itemCount
    factorBytes = rows * (stride * 4 + 8)
    let blocks = facts.shards.user + facts.shards.item
    let decoded = blocks.map { Self.decodedBytes(rows: $0.rowCount, ratings: $0.ratingCount) }
    ratingBytes = decoded.reduce(0, +)
    // A block in decoding has its stored and raw bytes beside it: at most as much again.
    let inFlight = min(blocks.count, settings.workers + PhaseBoard.readAhead(settings.workers))
    let largest = (decoded.max() ?? 0) * 2
    var isStochastic = false
    if case .sgd = hyperparameters.algorithm { isStochastic = true }
    workingBytes =
      isStochastic
      ? facts.ratingCount * 12 + largest : solverBytes + inFlight * largest
    let least = Self.program + factorBytes + workingBytes
    if let memory = settings.memory {
      guard memory >= least else {
        throw Failure(
          .memory, at: "--memory",
          "training needs at least \((least + (1 << 20) - 1) >> 20)M, \(memory >> 20)M are granted",
          hint: "grant more, use fewer workers, or partition into more blocks")
      }
      keepsRatings = !isStochastic && memory - least >= ratingBytes
    } else {
      keepsRatings = !isStochastic && ratingBytes <= Self.unasked
    }
  }

  private static func decodedBytes(rows: Int, ratings: Int) -> Int { (rows + 1) * 8 + ratings * 8 }
}
