import BlockMatrix
import BlockStore

/// Where a training run begins.
struct Resumption {
  /// What each iteration already done came to.
  let history: [IterationRecord]
  let factors: PerSide<FactorTable>?
  let refused: [(generation: Int, failure: Failure)]

  var completedIterations: Int { history.count }

  static let fromTheStart = Resumption(history: [], factors: nil, refused: [])

  /// Finds the newest good generation and holds it against what is asked for.
  ///
  /// - Throws: `.mismatch` with every setting that differs; `.data` where all generations are
  ///   damaged.
  static func find(
    in model: ModelDirectory, partition: PartitionFacts, hyperparameters: Hyperparameters,
    iterations: Int
  ) throws(Failure) -> Resumption {
    guard let newest = try model.newestGood() else { return .fromTheStart }
    let asked = Self.settings(of: hyperparameters, partitionDigest: partition.digest)
    let stored = Self.settings(
      of: newest.facts.hyperparameters, partitionDigest: newest.facts.partitionDigest)
    var differences: [String] = []
    for name in (stored + asked.filter { ours in !stored.contains { $0.name == ours.name } })
      .map(\.name)
    {
      let ours = asked.first { $0.name == name }?.value ?? "not set"
      let theirs = stored.first { $0.name == name }?.value ?? "not set"
      if ours != theirs { differences.append("\(name): \(theirs) in the model, \(ours) asked for") }
    }
    if newest.facts.iteration > iterations {
      differences.append(
        "iterations: \(newest.facts.iteration) in the model, \(iterations) asked for")
    }
    guard differences.isEmpty else {
      throw Failure(
        .mismatch, at: model.directory,
        "the model was trained with other settings: " + differences.joined(separator: "; "),
        hint: "use the model's settings, another -o, or --fresh to start over")
    }
    return Resumption(
      history: newest.facts.history, factors: newest.factors, refused: newest.refused)
  }

  /// Everything that decides a model's bytes, by the name of its option.
  private static func settings(
    of hyperparameters: Hyperparameters, partitionDigest: String
  ) -> [(name: String, value: String)] {
    hyperparameters.settings + [("ratings (digest)", partitionDigest)]
  }
}
