import BlockMatrix
import BlockStore

/// What a model was begun with, as its newest good generation says.
package struct StoredStart: Sendable {
  package let partition: String
  package let hyperparameters: Hyperparameters
  /// The settings of the run that wrote the generation.
  package let rules: RunSettings

  /// - Returns: `nil` where the model has no generation yet.
  package static func read(_ model: ModelDirectory) throws(Failure) -> StoredStart? {
    guard let newest = try model.newestGood() else { return nil }
    return StoredStart(
      partition: newest.facts.partitionPath, hyperparameters: newest.facts.hyperparameters,
      rules: try newest.facts.rules())
  }
}
