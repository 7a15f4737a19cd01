import BlockMatrix
import Kernels

/// How a model is trained, apart from what its bytes depend on (``Hyperparameters``).
package struct TrainingSettings: Sendable {
  package var stopping: StoppingRules
  /// Threads that solve at once.
  package var workers: Int
  /// The bytes that training may hold.
  ///
  /// Nothing lets it take what it needs and a little to keep rating blocks decoded.
  package var memory: Int?
  /// A generation is written after every so many iterations, and after the last.
  package var checkpointInterval: Int
  /// Generations that stay on disk.
  package var keep: Int
  /// Throw away what the model directory holds, and start over.
  package var fresh: Bool
  /// The kernels to use; nothing takes the best that the CPU runs.
  package var instructionSet: InstructionSet?

  package var iterations: Int { stopping.iterations }

  /// Checks and takes over the settings.
  ///
  /// - Throws: `.usage` naming the option.
  package init(
    stopping: StoppingRules, workers: Int, memory: Int? = nil, checkpointInterval: Int = 1,
    keep: Int = 2, fresh: Bool = false, instructionSet: InstructionSet? = nil
  ) throws(Failure) {
    func require(_ holds: Bool, _ option: String, _ rule: String) throws(Failure) {
      guard holds else { throw Failure(.usage, at: option, rule) }
    }
    try require((1...1024).contains(workers), "--workers", "must be between 1 and 1024")
    try require(checkpointInterval >= 1, "--checkpoint-interval", "must be 1 or more")
    try require(keep >= 2, "--keep", "must be 2 or more, so that a damaged generation loses little")
    try require(
      stopping.patience == nil || checkpointInterval == 1, "--patience --checkpoint-interval",
      "the best generation can only be kept where each iteration is written")
    self.stopping = stopping
    self.workers = workers
    self.memory = memory
    self.checkpointInterval = checkpointInterval
    self.keep = keep
    self.fresh = fresh
    self.instructionSet = instructionSet
  }
}
