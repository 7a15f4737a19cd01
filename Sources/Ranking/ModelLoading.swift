import BlockMatrix
import BlockStore
import RatingInput

/// A model as it was read from its directory.
package struct LoadedModel: Sendable {
  package let model: FactorModel
  /// The manifest of the generation that was read.
  package let facts: GenerationFacts
  /// Newer generations that were passed over because they are damaged, and why.
  package let refused: [ModelDirectory.Refusal]

  /// Opens the newest generation that is whole, every byte checked, and reads its ids.
  ///
  /// Factors stay in their files and are read as they are needed. Where training watched a hold-out
  /// to stop in time, the generation that did best on it is opened.
  ///
  /// - Parameter strict: Whether a damaged generation is refused, in place of going back to an
  ///   older one.
  /// - Throws: `.missingInput` where there is no model or no generation yet; `.data` where all
  ///   generations are damaged, or the ids, or the ids are not the generation's; at once what the
  ///   operating system cannot read now, for another generation would be another answer.
  package static func open(
    _ directory: String, in fileSystem: any FileSystem, strict: Bool = false, workers: Int = 1
  ) throws(Failure) -> LoadedModel {
    let store = try ModelDirectory.open(directory, in: fileSystem)
    let (model, refused) = try store.settled { refused throws(Failure) in
      try read(store, refused: &refused, workers: workers)
    }
    guard let (model, facts) = model else {
      throw Failure(
        .missingInput, at: directory, "holds no generation yet",
        hint: "run the command that trains it until its first checkpoint")
    }
    if strict, let (generation, failure) = refused.first {
      throw Failure(
        .data, at: failure.place, "\(failure.message); generation \(generation) is damaged",
        hint: "without --strict the answer is that of generation \(facts.iteration)")
    }
    return LoadedModel(model: model, facts: facts, refused: refused)
  }

  /// One look at a model.
  private static func read(
    _ store: ModelDirectory, refused: inout [ModelDirectory.Refusal], workers: Int
  ) throws(Failure) -> (FactorModel, GenerationFacts)? {
    guard let chosen = try store.chosen(refused: &refused, workers: workers) else { return nil }
    let facts = chosen.facts
    let model = try FactorModel(
      rows: chosen.rows,
      ids: PerSide { side throws(Failure) in try store.readIds(side, of: facts) },
      mean: Float(facts.mean ?? 0), scale: facts.lowestValue...facts.highestValue)
    return (model, facts)
  }

  /// The same model with all factors in memory.
  package func held(workers: Int = 1) throws(Failure) -> LoadedModel {
    let rows = try PerSide { side throws(Failure) in
      FactorRows.held(try model.rows[side].table(workers: workers))
    }
    return LoadedModel(
      model: try FactorModel(rows: rows, ids: model.ids, mean: model.mean, scale: model.scale),
      facts: facts, refused: refused)
  }

  /// The ratings of a partition as what rows of a side have rated, or were rated by.
  package func seenRatings(
    of partition: Partition, side: Side = .user
  ) throws(Failure) -> SeenRatings {
    try SeenRatings(partition, model: model, isOwn: isOwn(partition), of: side)
  }

  /// Whether the model was trained on a partition's ratings.
  package func isOwn(_ partition: Partition) -> Bool {
    partition.facts.digest == facts.partitionDigest
  }

  /// What stands where the partition was that the model was trained on.
  package enum Origin: Sendable {
    case found(Partition)
    /// Other ratings by now.
    case changed
    case missing
  }

  /// Looks for the partition that the model was trained on.
  ///
  /// - Throws: `.data` where it is damaged; what the operating system cannot read.
  package func origin(in fileSystem: any FileSystem) throws(Failure) -> Origin {
    do throws(Failure) {
      let partition = try Partition.open(facts.partitionPath, in: fileSystem)
      return isOwn(partition) ? .found(partition) : .changed
    } catch {
      guard error.code == .missingInput else { throw error }
      return .missing
    }
  }

  /// Ratings from text, by the model's indices.
  package func test(_ text: TextRatings) -> TestRatings {
    TestRatings(text.ratings, ids: text.ids, model: model)
  }

  /// The ratings that a partition keeps back, by the model's indices.
  ///
  /// - Throws: `.usage` where the partition keeps none back.
  package func holdout(of partition: Partition) throws(Failure) -> TestRatings {
    guard let holdoutFacts = partition.facts.holdout else {
      throw Failure(
        .usage, at: partition.directory, "keeps no ratings back",
        hint: "make one that does: blockals partition --holdout 0.1 …")
    }
    let holdout = try partition.readHoldout()
    if isOwn(partition) {
      return TestRatings(
        holdout, known: model.ids.map(\.count),
        unstoredPairs: holdoutFacts.unknownPairs)
    }
    return TestRatings(
      holdout, ids: try partition.readIds(), model: model,
      unstoredPairs: holdoutFacts.unknownPairs)
  }
}
