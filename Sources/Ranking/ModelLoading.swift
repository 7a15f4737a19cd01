import BlockMatrix
import BlockPartition
import BlockStore

/// A model as it was read from its directory.
package struct LoadedModel: Sendable {
  package let model: FactorModel
  /// The manifest of the generation that was read.
  package let facts: GenerationFacts
  /// Newer generations that were passed over because they are damaged, and why.
  package let refused: [(generation: Int, failure: Failure)]

  /// Reads the newest generation that is whole, and the ids.
  ///
  /// Where training watched a hold-out to stop in time, the generation that did best on it is read.
  ///
  /// - Throws: `.missingInput` where there is no model or no generation yet, `.data` where all
  ///   generations are damaged, or the ids.
  package static func open(
    _ directory: String, in fileSystem: any FileSystem
  ) throws(Failure) -> LoadedModel {
    let store = try ModelDirectory.open(directory, in: fileSystem)
    guard let newest = try store.newestGood() else {
      throw Failure(
        .missingInput, at: directory, "holds no generation yet",
        hint: "run the command that trains it until its first checkpoint")
    }
    var (facts, factors, refused) = (newest.facts, newest.factors, newest.refused)
    if let best = facts.best, best != newest.number {
      do throws(Failure) {
        facts = try store.facts(ofGeneration: best)
        factors = PerSide(
          user: try store.readFactors(.user, generation: best),
          item: try store.readFactors(.item, generation: best))
      } catch {
        refused.append((best, error))
      }
    }
    let model = try FactorModel(
      factors: factors,
      ids: PerSide(user: try store.readIds(.user), item: try store.readIds(.item)),
      mean: Float(facts.mean ?? 0), scale: facts.lowestValue...facts.highestValue)
    return LoadedModel(model: model, facts: facts, refused: refused)
  }

  /// The ratings of a partition as items that users have seen.
  package func seenRatings(of partition: Partition) throws(Failure) -> SeenSource {
    let ratings = try SeenRatings(
      partition, model: model, isOwn: partition.facts.digest == facts.partitionDigest)
    return { users throws(Failure) in try ratings.items(ofUsers: users) }
  }

  /// Ratings from text, by the model's indices.
  package func test(_ text: TextRatings) -> TestRatings {
    TestRatings(
      HoldoutRatings(users: text.users, items: text.items, values: text.values), ids: text.ids,
      model: model)
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
    if partition.facts.digest == facts.partitionDigest {
      return TestRatings(
        holdout, known: PerSide(user: model.ids.user.count, item: model.ids.item.count),
        unstoredPairs: holdoutFacts.unknownPairs)
    }
    return TestRatings(
      holdout,
      ids: PerSide(user: try partition.readIds(.user), item: try partition.readIds(.item)),
      model: model, unstoredPairs: holdoutFacts.unknownPairs)
  }
}
