import BlockMatrix
import BlockStore
import Ranking

/// Users or items that a model was not trained on, with factors from their own ratings.
///
/// The model's other side stays as it is, and each newcomer's factors are the exact minimum of the
/// model's own objective: what the next phase of training would give it.
/// ``TrainedModel/foldIn(users:workers:)`` and ``TrainedModel/foldIn(items:workers:)`` make them.
public struct Newcomers: Sendable {
  /// What a user thinks of an item, by their ids.
  public struct Rating: Sendable, Equatable {
    /// The caller's id of the user.
    public var user: String
    /// The caller's id of the item.
    public var item: String
    /// The rating, a finite number.
    public var value: Float

    /// A rating of an item by a user.
    public init(user: String, item: String, value: Float) {
      self.user = user
      self.item = item
      self.value = value
    }
  }

  private let new: NewRows
  /// The model whose own rows neighbours are.
  private let old: FactorModel
  private let lookups: PerSide<IdLookup>
  /// The newcomers of whom nothing is known.
  private let empty: Set<UInt32>
  private let recommender: Recommender
  private let predictor: Predictor
  /// The newcomers' own.
  private let factors: FactorTable

  /// - Parameter lookups: The model's; that of the new side takes no part.
  init(_ new: NewRows, to old: FactorModel, lookups: PerSide<IdLookup>) throws(Failure) {
    self.new = new
    self.old = old
    var lookups = lookups
    lookups[new.side] = IdLookup(new.model.ids[new.side])
    self.lookups = lookups
    empty = Set(new.emptyRows)
    predictor = try Predictor(new.model)
    factors = try new.model.rows[new.side].table()
    recommender = try Recommender(
      new.model, among: new.side == .item ? new.ratedRows : nil, seen: new.seen)
  }

  /// The newcomers with a rating that the model can use, in the order of the ratings.
  ///
  /// Of others nothing is known: the model knows none of the ids that they are rated with.
  public var ids: [String] {
    new.ratedRows.map { String(decoding: new.model.ids[new.side][Int($0)], as: UTF8.self) }
  }

  /// Ratings that were left out, because the model does not know the id of their other side.
  public var unknownRatings: Int { new.unknownRatings }

  /// A newcomer's factors, as many as the model's rank; `nil` where it is not among ``ids``.
  public func factors(of id: String) -> [Float]? {
    index(of: id, on: new.side).map { factors.factors(Int($0)) }
  }

  /// The predicted rating of an item by a user, one of them a newcomer, the other the model's;
  /// `nil` where either is unknown.
  ///
  /// With biases an unknown one is predicted from what is known, as by
  /// ``TrainedModel/predict(user:item:)``.
  ///
  /// - Complexity: O(rank).
  public func predict(user: String, item: String) -> Float? {
    predictor.predict(
      user: index(of: user, on: .user).map { Int($0) },
      item: index(of: item, on: .item).map { Int($0) })
  }

  /// The items with the highest predicted ratings, best first, without those that the user has
  /// rated among the newcomers' ratings; `nil` where the user is unknown.
  ///
  /// Where users are new, all items of the model for one of them; where items are new, the new
  /// items alone for a user of the model.
  ///
  /// - Throws: ``BlockALSError`` of kind `memory`.
  /// - Complexity: O(items · rank).
  public func recommend(
    for user: String, count: Int
  ) throws(BlockALSError) -> [TrainedModel.Scored]? {
    guard let index = index(of: user, on: .user) else { return nil }
    return try publicly { () throws(Failure) in
      try recommender.ranking(for: index, count: count, ids: new.model.ids.item)
    }
  }

  /// The users or items of the model whose factors point most nearly in the newcomer's direction;
  /// `nil` where it is not among ``ids``.
  ///
  /// A newcomer whose id the model knows may find itself.
  ///
  /// - Throws: ``BlockALSError`` of kind `usage` where the model is of biases alone.
  /// - Complexity: O(rows · rank).
  public func similar(
    to id: String, count: Int
  ) throws(BlockALSError) -> [TrainedModel.Scored]? {
    guard let index = index(of: id, on: new.side) else { return nil }
    return try publicly { () throws(Failure) in
      try Neighbours(new.side, of: old)
        .nearest(to: [index], of: new.model.rows[new.side], limit: count, workers: 1)
        .flatMap { TrainedModel.scored($0, old.ids[new.side]) }
    }
  }

  private func index(of id: String, on side: Side) -> UInt32? {
    guard let index = lookups[side].index(of: id.utf8).map({ UInt32($0) }) else { return nil }
    return side == new.side && empty.contains(index) ? nil : index
  }
}

extension TrainedModel {
  /// Gives factors to users that the model was not trained on.
  ///
  /// - Parameters:
  ///   - ratings: By the new users, each pair at most once. A user that the model knows is new all
  ///     the same: only these ratings count.
  ///   - workers: Threads that solve at once; the factors do not depend on it.
  /// - Throws: ``BlockALSError`` of kind `data` for a pair that is rated twice, or a value that is
  ///   no finite number.
  /// - Complexity: O(ratings · rank² + new users · rank³); for implicit feedback, and
  ///   O(items · rank²), so that many users together cost less than one by one.
  public func foldIn(
    users ratings: [Newcomers.Rating], workers: Int = 1
  ) throws(BlockALSError) -> Newcomers {
    try foldIn(.user, ratings, workers: workers)
  }

  /// Gives factors to items that the model was not trained on.
  ///
  /// - Parameters:
  ///   - ratings: Of the new items, each pair at most once. An item that the model knows is new all
  ///     the same: only these ratings count.
  ///   - workers: Threads that solve at once; the factors do not depend on it.
  /// - Throws: ``BlockALSError`` of kind `data` for a pair that is rated twice, or a value that is
  ///   no finite number.
  /// - Complexity: O(ratings · rank² + new items · rank³); for implicit feedback, and
  ///   O(users · rank²), so that many items together cost less than one by one.
  public func foldIn(
    items ratings: [Newcomers.Rating], workers: Int = 1
  ) throws(BlockALSError) -> Newcomers {
    try foldIn(.item, ratings, workers: workers)
  }

  private func foldIn(
    _ side: Side, _ ratings: [Newcomers.Rating], workers: Int
  ) throws(BlockALSError) -> Newcomers {
    try publicly { () throws(Failure) in
      if let bad = ratings.first(where: { !$0.value.isFinite }) {
        throw Failure(
          .data, at: "user \"\(bad.user)\"",
          "has rated item \"\(bad.item)\" with \(bad.value), which is no finite number")
      }
      let (users, items) = (Numbered(ratings.map(\.user)), Numbered(ratings.map(\.item)))
      let new = try NewRows(
        side,
        HoldoutRatings(
          users: users.numbers, items: items.numbers, values: ratings.map(\.value)),
        ids: PerSide(user: users.table, item: items.table), in: loaded,
        workers: max(1, workers))
      return try Newcomers(new, to: loaded.model, lookups: lookups)
    }
  }
}

/// Ids by the order in which they first occur.
private struct Numbered {
  let table: IdTable
  /// For each id that was given its place in the table.
  private(set) var numbers: [UInt32] = []

  init(_ ids: [String]) {
    // By bytes: strings that are equal as text may be different ids.
    var places: [[UInt8]: Int] = [:]
    var different: [[UInt8]] = []
    var counts: [UInt32] = []
    for id in ids.map({ Array($0.utf8) }) {
      let place = places[id] ?? different.count
      if place == different.count {
        places[id] = place
        different.append(id)
        counts.append(0)
      }
      counts[place] += 1
      numbers.append(UInt32(place))
    }
    table = IdTable(different, counts: counts)
  }
}
