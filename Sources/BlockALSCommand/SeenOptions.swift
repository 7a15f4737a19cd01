import ArgumentParser
import BlockMatrix
import BlockStore
import Ranking

/// Which ratings are kept out of rankings: as a rule those that the model was trained on.
struct SeenOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      A partition; what users have rated in it is not ranked for them. (default: the one that the \
      model was trained on, where it is still there)
      """, valueName: "dir"))
  var exclude: String?

  @Flag(help: "Rank also what users have rated.")
  var includeSeen = false

  var isGiven: Bool { exclude != nil || includeSeen }

  func validate() throws {
    guard exclude == nil || !includeSeen else {
      throw ValidationError("Give either --exclude DIR or --include-seen.")
    }
  }

  /// Ratings to keep out, and the partition that holds them.
  typealias Kept = (ratings: SeenRatings, directory: String)

  /// The ratings to keep out; `nil` where there are none.
  ///
  /// Says on standard error which they are, unless they were named and are the model's own.
  ///
  /// - Parameters:
  ///   - side: Whose rows candidates are ranked for.
  ///   - other: A partition at hand that may be the model's own.
  func ratings(
    of loaded: LoadedModel, side: Side = .user, orOf other: Partition? = nil,
    in fileSystem: any FileSystem
  ) throws(Failure) -> Kept? {
    if includeSeen { return nil }
    if let exclude {
      let partition = try Partition.open(exclude, in: fileSystem)
      let ratings = try loaded.seenRatings(of: partition, side: side)
      if !ratings.isOwn { warn(of: ratings, partition, loaded) }
      return (ratings, partition.directory)
    }
    guard let partition = try ownPartition(of: loaded, orOf: other, in: fileSystem) else {
      return nil
    }
    StandardError.note(
      "what users have rated in \(partition.directory) is left out "
        + "(--include-seen ranks it too)")
    return (try loaded.seenRatings(of: partition, side: side), partition.directory)
  }

  /// The partition that the model was trained on; `nil`, with a warning, where it has gone.
  private func ownPartition(
    of loaded: LoadedModel, orOf other: Partition?, in fileSystem: any FileSystem
  ) throws(Failure) -> Partition? {
    if let other, loaded.isOwn(other) { return other }
    let missing: String
    switch try loaded.origin(in: fileSystem) {
    case .found(let partition): return partition
    case .changed: missing = "has other ratings by now"
    case .missing: missing = "is no longer there"
    }
    StandardError.note(
      "warning: \(loaded.facts.partitionPath), which the model was trained on, \(missing): what "
        + "users have rated is ranked too\nhint: name the ratings with --exclude DIR, or give "
        + "--include-seen where that is wanted")
    return nil
  }

  private func warn(of ratings: SeenRatings, _ partition: Partition, _ loaded: LoadedModel) {
    let shares = Side.allCases.map { side in
      "\(ratings.known[side].grouped) of the model's "
        + "\(loaded.model.ids[side].count.grouped) \(side.plural)"
    }
    StandardError.note(
      "warning: \(partition.directory) holds other ratings than the model was trained on; by their "
        + "ids it has \(shares.joined(separator: " and "))")
  }
}
