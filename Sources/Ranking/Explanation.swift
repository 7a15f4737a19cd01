import BlockMatrix
import BlockStore

/// What each of a user's ratings adds to the score of an item.
///
/// A row that was solved is linear in its ratings: (x, b) = A⁻¹ Σ t·(y, 1) over the items that were
/// rated, where A is the matrix of the row's equations. So the score of an item with the row w is
/// what there is without the user, and Σ t·s with s = wᵀA⁻¹(y, 1): how alike the rated item and the
/// other are as this user sees them, and t how much the rating says (Hu, Koren and Volinsky 2008,
/// section 5; their c is t). For explicit feedback t is the rating's distance from what is expected
/// without the user. Of non-negative factors the same holds among those that are not zero.
package struct Explanation: Sendable {
  /// What one rating adds.
  package struct Part: Sendable, Equatable {
    /// The item that was rated.
    package let item: UInt32
    package let rating: Float
    /// t.
    package let weight: Double
    /// s.
    package let similarity: Double
    /// t·s.
    package var value: Double { weight * similarity }
  }

  package let item: UInt32
  /// The model's score.
  package let score: Float
  /// μ and the item's bias; `nil` in models without biases.
  package let baseline: Double?
  /// Of every rating, those that add or take most first; equal ones by the item's index.
  package let parts: [Part]
  /// What is left of the score: the rounding of its 32-bit floats.
  package var rounding: Double { Double(score) - sum }

  private var sum: Double { parts.reduce(baseline ?? 0) { $0 + $1.value } }

  /// Whether the parts are of this score, as far as floats can tell.
  fileprivate var holds: Bool {
    let size = parts.reduce(abs(baseline ?? 0)) { $0 + abs($1.value) }
    return abs(rounding) <= 1e-3 * size
  }
}

/// Explains a user's scores.
package struct Explainer {
  private let loaded: LoadedModel
  /// `nil` for a new one.
  private let user: UInt32?
  private let ratings: [(item: UInt32, value: Float)]
  /// The user's row.
  private let own: FactorTable
  private let equations: RowEquations
  private var model: FactorModel { loaded.model }

  /// Sums the equations of a user's row.
  ///
  /// - Parameter partition: The one that the model was trained on.
  /// - Throws: `.usage` where rows are not solved exactly; `.mismatch` where the partition is
  ///   another; `.data` where the equations have no one solution.
  /// - Complexity: O(ratings · rank² + rank³); for implicit feedback, and O(items · rank²).
  package init(
    _ user: UInt32, of loaded: LoadedModel, ratings partition: Partition, workers: Int
  ) throws(Failure) {
    try Self.requireExact(loaded)
    guard loaded.isOwn(partition) else {
      throw Failure(
        .mismatch, at: partition.directory,
        "holds other ratings than the model was trained on, which do not make its scores",
        hint: "name the partition that it was trained on, once \(loaded.facts.partitionPath)")
    }
    if let later = loaded.facts.later {
      let isAsTrained = later.added.item == 0 && later.replaced == PerSide(user: 0, item: 0)
      guard isAsTrained, user < partition.facts.userCount else {
        throw Failure(
          .mismatch, at: "user \"\(printable(loaded.model.ids.user[Int(user)]))\"",
          "has a score to which rows belong that were put in after training",
          hint: "explain the model before its update, or one that is trained on all ratings")
      }
    }
    self.loaded = loaded
    self.user = user
    let block = try partition.readBlock(
      partition.facts.grids.user.block(containing: Int(user)), of: .user)
    let range = block.ratings(ofRow: Int(user) - block.firstIndex)
    ratings = range.map { (block.columns[$0], block.value(at: $0)) }
    own = try loaded.model.rows.user.table(of: [user])
    let order = loaded.model.rank + (loaded.model.hasBias ? 1 : 0)
    equations = try RowEquations(order: order, kernels: loaded.model.kernels)
    try sumEquations(workers: workers)
  }

  /// Sums the equations of a new user's row.
  ///
  /// - Parameter new: One user, with ratings of the model's items.
  /// - Throws: As for a user of the model.
  package init(_ new: NewRows, of loaded: LoadedModel, workers: Int) throws(Failure) {
    try Self.requireExact(loaded)
    self.loaded = loaded
    user = nil
    ratings = new.ratings(of: 0)
    own = try new.model.rows.user.table(of: [0])
    let order = loaded.model.rank + (loaded.model.hasBias ? 1 : 0)
    equations = try RowEquations(order: order, kernels: loaded.model.kernels)
    try sumEquations(workers: workers)
  }

  /// Refuses a model whose rows are no solutions.
  private static func requireExact(_ loaded: LoadedModel) throws(Failure) {
    let settings = loaded.facts.hyperparameters
    guard settings.solver != nil, settings.cgSteps == nil else {
      throw Failure(
        .usage, at: "explain",
        settings.solver == nil
          ? "stochastic gradient descent solves no equations: no part of a score is one rating's"
          : "conjugate gradients do not solve a row to its end: its ratings' parts are no sum",
        hint: "train with --algorithm als and --solver auto")
    }
  }

  /// The user as messages name it.
  private var name: String {
    user.map { "user \"\(printable(model.ids.user[Int($0)]))\"" } ?? "the new user"
  }

  private func sumEquations(workers: Int) throws(Failure) {
    let settings = loaded.facts.hyperparameters
    let confidence = settings.feedback.confidence
    if let confidence {
      for range in model.rows.item.ranges {
        let table = try model.rows.item.table(of: range, workers: workers)
        for row in 0..<table.rowCount {
          equations.add(unknowns(table, row), weight: confidence.unobservedWeight)
        }
      }
    }
    let rated = try model.rows.item.table(of: ratings.map(\.item), workers: workers)
    var counted = 0
    for (row, rating) in ratings.enumerated() {
      let cell = confidence?.cell(rating.value)
      if confidence?.counts(rating.value) ?? true { counted += 1 }
      equations.add(unknowns(rated, row), weight: cell.map { Double($0.weight) } ?? 1)
    }
    var ridge = [Double](
      repeating: settings.ridge(count: counted, oppositeCount: model.ids.item.count),
      count: model.rank)
    if model.hasBias { ridge.append(settings.biasRidge(count: counted)) }
    guard equations.factorise(ridge: ridge, isFree: isFree) else {
      throw Failure(
        .data, at: name,
        "has ratings whose equations have no one solution",
        hint: "train with a --regularization above 0")
    }
  }

  /// The unknowns that are not held at zero.
  private var isFree: [Bool] {
    let isNonnegative = loaded.facts.hyperparameters.isNonnegative
    return own.factors(0).map { !isNonnegative || $0 > 0 } + (model.hasBias ? [true] : [])
  }

  /// What a row of the items is in the equations of a user: its factors, and a one for the bias.
  private func unknowns(_ table: FactorTable, _ row: Int) -> [Double] {
    table.factors(row).map(Double.init) + (table.hasBias ? [1] : [])
  }

  /// Explains the score of an item.
  ///
  /// - Throws: `.data` where the parts do not make up the model's score: the row was not solved as
  ///   its settings say, but with a larger λ, because it was singular.
  /// - Complexity: O(ratings · rank + rank²).
  package func explain(_ item: UInt32) throws(Failure) -> Explanation {
    let target = try model.rows.item.table(of: [item])
    let rated = try model.rows.item.table(of: ratings.map(\.item))
    let solved = equations.solve(zip(unknowns(target, 0), isFree).map { $1 ? $0 : 0 })
    let confidence = loaded.facts.hyperparameters.feedback.confidence
    let parts = ratings.enumerated().map { row, rating in
      let y = unknowns(rated, row)
      let weight =
        confidence.map { Double($0.cell(rating.value).target) }
        ?? Double(rating.value) - (model.hasBias ? Double(model.mean) + Double(rated.bias(row)) : 0)
      return Explanation.Part(
        item: rating.item, rating: rating.value, weight: weight,
        similarity: zip(solved, y).reduce(0) { $0 + $1.0 * $1.1 })
    }
    let predictor = Predictor(model, users: own, items: target)
    let explanation = Explanation(
      item: item, score: predictor.predict(user: 0, item: 0) ?? 0,
      baseline: model.hasBias ? Double(model.mean) + Double(target.bias(0)) : nil,
      parts: parts.sorted {
        (abs($0.value), $1.item) > (abs($1.value), $0.item)
      })
    guard explanation.holds else {
      throw Failure(
        .data, at: name,
        "has a row that is not the solution of its equations, and no part of a score is one "
          + "rating's: it was singular, and got a larger λ",
        hint: "train with a larger --regularization")
    }
    return explanation
  }
}
