import BlockMatrix
import BlockStore
import Kernels
import Training
import Workers

/// Measures models in folds, and asks the record before any work.
package final class FoldMeasurements {
  private let partition: Partition
  private let record: TuningRecord
  private let kernels: KernelSet
  private let stop: StopRequest
  /// The fold that was read last: one fold's ratings are in memory at a time.
  private var data: FoldData?

  package init(
    _ partition: Partition, record: TuningRecord, kernels: KernelSet, stop: StopRequest
  ) {
    self.partition = partition
    self.record = record
    self.kernels = kernels
    self.stop = stop
  }

  /// Measures models in the first folds.
  ///
  /// - Parameters:
  ///   - folds: How many; `nil` for all.
  ///   - progress: Told after each model of each fold: how many are done.
  /// - Returns: For each model its value in each fold; `nil` where a stop request came in between.
  package func values(
    _ points: [Hyperparameters], _ validation: CrossValidation, folds: Int? = nil,
    progress: (_ done: Int) -> Void = { _ in }
  ) throws(Failure) -> [[FoldValue]]? {
    var values = points.map { _ in [FoldValue]() }
    // Folds outside: the ratings of one are read once for all models.
    for fold in 0..<(folds ?? validation.foldCount) {
      for (position, point) in points.enumerated() {
        let key = validation.key(point, fold: fold, of: partition.facts)
        if let known = record.value(key) {
          values[position].append(known)
        } else {
          guard let value = try measure(point, validation, fold: fold) else { return nil }
          try record.enter(value, for: key)
          values[position].append(value)
        }
        progress(fold * points.count + position + 1)
      }
    }
    return values
  }

  private func measure(
    _ point: Hyperparameters, _ validation: CrossValidation, fold: Int
  ) throws(Failure) -> FoldValue? {
    let data = try data(of: fold, validation)
    let loop = try TrainingLoop.inMemory(
      data.source, hyperparameters: point, rules: validation.rules, kernels: kernels,
      workers: validation.workers, stop: stop)
    do throws(Failure) {
      guard case .finished = try loop.run() else { return nil }
    } catch {
      // A model that leaves the finite numbers is one of the answers: the worst.
      guard error.code == .diverged else { throw error }
      return data.diverged
    }
    return try data.measure(loop.learner, validation.metric, workers: validation.workers)
  }

  private func data(of fold: Int, _ validation: CrossValidation) throws(Failure) -> FoldData {
    let mask = FoldMask(fold: fold, of: validation.foldCount, seed: validation.seed)
    if let data, data.mask == mask { return data }
    // Given up before the next is read: two folds would take twice the memory.
    data = nil
    let read = try FoldData(partition, mask, workers: validation.workers)
    data = read
    return read
  }
}
