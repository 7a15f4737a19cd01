import BlockMatrix
import BlockStore

/// What an observer of a training run is told.
///
/// The library prints nothing.
package enum TrainingEvent: Sendable {
  /// Training begins after iteration `after` (0: from the start).
  case started(TrainingStart)
  /// A share of a phase is done; at most ten times a second, from any worker's thread.
  case progress(PhaseProgress)
  case phase(PhaseReport)
  case iteration(IterationReport)
  /// A generation is on the disk and will be found after any crash.
  case committed(generation: Int)
}

/// What a run begins with.
package struct TrainingStart: Sendable {
  /// Iterations already done by an earlier run.
  package let completedIterations: Int
  package let iterations: Int
  package let instructionSet: String
  package let workers: Int
  package let userCount: Int
  package let itemCount: Int
  package let ratingCount: Int
  /// Whether rating blocks stay decoded from one phase to the next.
  package let keepsRatings: Bool
  /// Generations that were found damaged and passed over.
  package let refused: [(generation: Int, failure: Failure)]
  /// Rows that the model which is started from does not have; `nil` without such a model.
  package let newRows: PerSide<Int>?
}

/// How far a phase is.
package struct PhaseProgress: Sendable {
  package let iteration: Int
  /// The side that is solved; `nil` where both move.
  package let side: Side?
  package let ratingsDone: Int
  package let ratingCount: Int
}

/// One phase done.
package struct PhaseReport: Sendable, Equatable {
  package let iteration: Int
  /// The side that was solved; `nil` where both were moved.
  package let side: Side?
  /// The whole objective after the phase.
  package let objective: Double
  /// Root mean squared error over the training ratings; `nil` for implicit feedback.
  package let rmse: Double?
  /// Wall time.
  package let seconds: Double
  /// Ratings that the phase went through.
  package let ratings: Int
  /// Bytes that all ranks have sent since the phase before; of one process those that a wire would
  /// have carried to bring the solved factors to the blocks of the other side.
  package let broadcastBytes: Int
  /// Rows whose system had to be made regular first.
  package let fallbackRows: Int
  /// Rows whose system was too ill-conditioned for floats and was solved in Double as it stood.
  package let doubleRows: Int
}

/// All phases of an iteration done.
package struct IterationReport: Sendable, Equatable {
  package let iteration: Int
  package let record: IterationRecord
  /// Wall time of the whole iteration.
  package let seconds: Double
  /// The generation that will hold this iteration; `nil` where none is due.
  package let generation: Int?
}
