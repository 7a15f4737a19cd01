import BlockMatrix
import Kernels

/// How a model is trained, apart from what its bytes depend on (``Hyperparameters``).
package struct TrainingSettings: Sendable {
  /// When the run ends and what it leaves; stored with every generation.
  package var run: RunSettings
  /// Threads that solve at once.
  package var workers: Int
  /// The bytes that training may hold.
  ///
  /// `nil` lets it take what it needs and a little to keep rating blocks decoded.
  package var memory: Int?
  /// Throw away what the model directory holds, and start over.
  package var fresh: Bool
  /// The kernels to use; `nil` takes the best that the CPU runs.
  package var instructionSet: InstructionSet?
  /// Where the time goes; `nil` where nobody asks.
  package var trace: Trace?

  /// Checks and takes over the settings.
  ///
  /// - Throws: `.usage` naming the option.
  package init(
    run: RunSettings, workers: Int, memory: Int? = nil, fresh: Bool = false,
    instructionSet: InstructionSet? = nil
  ) throws(Failure) {
    guard (1...1024).contains(workers) else {
      throw Failure(.usage, setting: "workers", "\(workers) is not between 1 and 1024")
    }
    self.run = run
    self.workers = workers
    self.memory = memory
    self.fresh = fresh
    self.instructionSet = instructionSet
  }
}
