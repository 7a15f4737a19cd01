import BlockMatrix
import Kernels

/// How a model is trained, apart from what its bytes depend on (``Hyperparameters``).
package struct TrainingSettings: Sendable {
  /// Iterations of the finished model, those before an interruption included.
  package var iterations: Int
  /// Threads that solve at once.
  package var workers: Int
  /// The bytes that training may hold; nothing lets it take what it needs and a little to keep
  /// rating blocks decoded.
  package var memory: Int?
  /// A generation is written after every so many iterations, and after the last.
  package var checkpointInterval: Int
  /// Generations that stay on disk.
  package var keep: Int
  /// Stop when an iteration lowers the objective by less than this share of it; nothing never does.
  package var tolerance: Double?
  /// Throw away what the model directory holds, and start over.
  package var fresh: Bool
  /// The kernels to use; nothing takes the best that the CPU runs.
  package var instructionSet: InstructionSet?

  /// Checks and takes over the settings.
  ///
  /// - Throws: `.usage` naming the option.
  package init(
    iterations: Int = 15, workers: Int, memory: Int? = nil, checkpointInterval: Int = 1,
    keep: Int = 2, tolerance: Double? = nil, fresh: Bool = false,
    instructionSet: InstructionSet? = nil
  ) throws(Failure) {
    func require(_ holds: Bool, _ option: String, _ rule: String) throws(Failure) {
      guard holds else { throw Failure(.usage, at: option, rule) }
    }
    try require((1...1_000_000).contains(iterations), "--iterations", "must be 1 or more")
    try require((1...1024).contains(workers), "--workers", "must be between 1 and 1024")
    try require(checkpointInterval >= 1, "--checkpoint-interval", "must be 1 or more")
    try require(keep >= 2, "--keep", "must be 2 or more, so that a damaged generation loses little")
    if let tolerance {
      try require(
        tolerance > 0 && tolerance < 1, "--tolerance", "must lie between 0 and 1, both excluded")
    }
    self.iterations = iterations
    self.workers = workers
    self.memory = memory
    self.checkpointInterval = checkpointInterval
    self.keep = keep
    self.tolerance = tolerance
    self.fresh = fresh
    self.instructionSet = instructionSet
  }
}
