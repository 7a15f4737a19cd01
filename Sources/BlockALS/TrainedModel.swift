import BlockMatrix
import BlockStore
import Ranking
import Training
import Workers

/// The factors of users and items, and the answers that follow from them.
public struct TrainedModel: Sendable {
  /// An item or user by its id, with a score.
  public struct Scored: Sendable, Equatable {
    /// The caller's id.
    public let id: String
    /// The predicted rating; for neighbours the cosine.
    public let score: Float
  }

  let loaded: LoadedModel
  let lookups: PerSide<IdLookup>
  private let recommender: Recommender
  private let predictor: Predictor

  private let place: ModelPlace

  /// The directory that holds the model; `nil` where it is in memory.
  public var path: String? {
    place.fileSystem is PosixFileSystem ? place.directory : nil
  }
  /// Factors per user and item.
  public var rank: Int { loaded.model.rank }
  /// The iterations that the model has had.
  public var iteration: Int { loaded.facts.iteration }

  /// Reads the newest generation that is whole into memory.
  ///
  /// A model may be read while it is trained.
  ///
  /// - Parameter strict: Whether a damaged generation is refused; otherwise an older one is read in
  ///   its place, and ``iteration`` says which.
  /// - Throws: ``BlockALSError`` of kind `missingInput` where there is none yet, `data` where all
  ///   are damaged, or the ids are not those that the model was trained with; `io` and `permission`
  ///   where the newest cannot be read now: an older one would be another answer.
  public init(path: String, strict: Bool = false) throws(BlockALSError) {
    self = try publicly { () throws(Failure) in try TrainedModel(.disk(path), strict: strict) }
  }

  private init(_ place: ModelPlace, strict: Bool) throws(Failure) {
    loaded = try place.load(strict: strict).held()
    recommender = try Recommender(loaded.model)
    predictor = try Predictor(loaded.model)
    lookups = loaded.model.ids.map { IdLookup($0) }
    self.place = place
  }

  /// Trains a model, or goes on with the one in the directory.
  ///
  /// - Parameters:
  ///   - ratings: What to train on.
  ///   - path: The model's directory. Where it holds a model of the same ratings and options,
  ///     training goes on from its newest generation, to the same bytes. `nil` for a model that is
  ///     in memory alone; ``save(to:)`` writes it.
  ///   - options: How.
  ///   - progress: Told about each iteration.
  ///   - shouldStop: Asked from time to time, on any thread; where it says yes, training ends with
  ///     an error of kind `stopped` and the newest generation stays.
  /// - Throws: ``BlockALSError`` of kind `mismatch` where the directory holds a model of other
  ///   options, and any other; generations that were committed stay as they are.
  /// - Complexity: O(iterations · (ratings · rank² + rows · rank³)), divided by the workers.
  public static func train(
    on ratings: RatingsPartition, into path: String? = nil, options: TrainingOptions = .init(),
    progress: @escaping @Sendable (IterationSummary) -> Void = { _ in },
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws(BlockALSError) -> TrainedModel {
    try publicly { () throws(Failure) in
      let stop = StopRequest()
      let place = try ModelTraining.run(
        on: ratings, into: path, hyperparameters: options.hyperparameters(),
        settings: options.settings(), stop: stop,
        observe: { event in
          if shouldStop() { stop.set() }
          guard case .iteration(let report) = event else { return }
          progress(
            IterationSummary(
              iteration: report.iteration, objective: report.record.objective,
              rmse: report.record.rmse, holdoutRmse: report.record.holdoutRmse,
              seconds: report.seconds))
        })
      return try TrainedModel(place, strict: false)
    }
  }

  /// Writes the model into a directory that does not exist yet, complete or not at all.
  ///
  /// - Throws: ``BlockALSError`` of kind `output` where something has the name.
  public func save(to path: String) throws(BlockALSError) {
    try publicly { () throws(Failure) in try place.save(loaded, to: path) }
  }

  /// The predicted rating of an item by a user; `nil` where either is unknown to the model.
  ///
  /// With biases an unknown one is predicted from what is known.
  ///
  /// - Complexity: O(rank).
  public func predict(user: String, item: String) -> Float? {
    predictor.predict(
      user: lookups.user.index(of: user.utf8), item: lookups.item.index(of: item.utf8))
  }

  /// The items with the highest predicted ratings, best first; `nil` where the user is unknown.
  ///
  /// - Parameters:
  ///   - user: The caller's id.
  ///   - count: Items at most.
  ///   - ratings: Items that the user has rated here are left out.
  /// - Throws: ``BlockALSError`` of kind `data` where `ratings` are damaged.
  /// - Complexity: O(items · rank).
  public func recommend(
    for user: String, count: Int, excluding ratings: RatingsPartition? = nil
  ) throws(BlockALSError) -> [Scored]? {
    guard let index = lookups.user.index(of: user.utf8) else { return nil }
    return try publicly { () throws(Failure) in
      let chooser =
        try ratings.map { ratings throws(Failure) in
          try Recommender(loaded.model, seen: loaded.seenRatings(of: ratings.partition).source)
        } ?? recommender
      return try chooser.ranking(
        for: UInt32(index), count: count, ids: loaded.model.ids.item)
    }
  }

  /// The items whose factors point most nearly in the same direction; `nil` where the item is
  /// unknown.
  ///
  /// - Complexity: O(items · rank).
  public func similarItems(
    to item: String, count: Int
  ) throws(BlockALSError) -> [Scored]? {
    try similar(.item, to: item, count: count)
  }

  /// The users whose factors point most nearly in the same direction; `nil` where the user is
  /// unknown.
  ///
  /// - Complexity: O(users · rank).
  public func similarUsers(
    to user: String, count: Int
  ) throws(BlockALSError) -> [Scored]? {
    try similar(.user, to: user, count: count)
  }

  private func similar(
    _ side: Side, to id: String, count: Int
  ) throws(BlockALSError) -> [Scored]? {
    guard let index = lookups[side].index(of: id.utf8) else { return nil }
    return try publicly { () throws(Failure) in
      try Neighbours(side, of: loaded.model)
        .nearest(to: [UInt32(index)], limit: count, workers: 1)
        .flatMap { Self.scored($0, loaded.model.ids[side]) }
    }
  }

  /// A user's factors, `rank` numbers; `nil` where the user is unknown.
  public func factors(ofUser user: String) -> [Float]? {
    lookups.user.index(of: user.utf8).map { predictor.factors(.user, $0) }
  }

  /// An item's factors, `rank` numbers; `nil` where the item is unknown.
  public func factors(ofItem item: String) -> [Float]? {
    lookups.item.index(of: item.utf8).map { predictor.factors(.item, $0) }
  }

  static func scored(_ candidates: [Candidate], _ ids: IdTable) -> [Scored] {
    candidates.map { candidate in
      Scored(
        id: String(decoding: ids[Int(candidate.index)], as: UTF8.self), score: candidate.score)
    }
  }
}

extension Recommender {
  /// The ranking of one user by index, with the ids of its items.
  func ranking(
    for user: UInt32, count: Int, ids: IdTable
  ) throws(Failure) -> [TrainedModel.Scored] {
    var ranking: [TrainedModel.Scored] = []
    try recommend(
      to: [user], limit: count, workers: 1,
      transform: { _, rankings throws(Failure) in
        rankings.flatMap { TrainedModel.scored($0, ids) }
      },
      emit: { _, scored throws(Failure) in ranking += scored })
    return ranking
  }
}
