import BlockMatrix
import BlockStore

/// What a model was begun with, as its newest manifest says.
package struct StoredStart: Sendable {
  package let partition: String
  package let hyperparameters: Hyperparameters
  /// The settings of the run that wrote the generation.
  package let rules: RunSettings

  /// Factors are not read: training reads them when it begins.
  ///
  /// - Returns: `nil` where the model has no generation yet.
  package static func read(_ model: ModelDirectory) throws(Failure) -> StoredStart? {
    guard let facts = try model.newestFacts() else { return nil }
    return StoredStart(
      partition: facts.partitionPath, hyperparameters: facts.hyperparameters,
      rules: try facts.rules())
  }
}
