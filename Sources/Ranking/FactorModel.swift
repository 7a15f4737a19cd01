import BlockMatrix
import BlockStore
import Kernels

/// A trained model as answers need it: the factors and ids of both sides, by index.
///
/// The score of a user u and an item i is `(μ + b_u) + c_i + Σ x_f y_f`; without biases it is the
/// sum alone. It is one chain of fused multiply-adds, over the factors in ascending order, wherever
/// it is computed: a prediction and the score in a ranking are the same bits.
package struct FactorModel: Sendable {
  package let rows: PerSide<FactorRows>
  package let ids: PerSide<IdTable>
  /// μ, the mean that biases are relative to; 0 where the model has no biases.
  package let mean: Float
  /// The lowest and the highest value among the training ratings.
  package let scale: ClosedRange<Float>
  /// The loops that compute scores; every instruction set gives the same bits.
  package let kernels: KernelSet

  package var rank: Int { rows.user.rank }
  package var hasBias: Bool { rows.user.hasBias }

  /// Puts a model together.
  ///
  /// - Throws: `.data` where rows and ids do not belong together; `.usage` where this machine runs
  ///   none of the loops.
  package init(
    rows: PerSide<FactorRows>, ids: PerSide<IdTable>, mean: Float = 0,
    scale: ClosedRange<Float>, instructionSet: InstructionSet? = nil
  ) throws(Failure) {
    guard rows.user.rank == rows.item.rank, rows.user.hasBias == rows.item.hasBias
    else { throw Failure(.data, "the factors of users and items have different shapes") }
    for side in Side.allCases where rows[side].count != ids[side].count {
      throw Failure(
        .data, "factors of \(rows[side].count) \(side.plural), but \(ids[side].count) ids")
    }
    self.rows = rows
    self.ids = ids
    self.mean = mean
    self.scale = scale
    kernels = try KernelSet.select(instructionSet)
  }

  /// Puts a model together whose factors are all in memory.
  package init(
    factors: PerSide<FactorTable>, ids: PerSide<IdTable>, mean: Float = 0,
    scale: ClosedRange<Float>, instructionSet: InstructionSet? = nil
  ) throws(Failure) {
    try self.init(
      rows: factors.map { .held($0) }, ids: ids, mean: mean,
      scale: scale, instructionSet: instructionSet)
  }

  /// The numbers in a scoring row: the factors, and two for the biases where the model has them.
  package var scoringWidth: Int { rank + (hasBias ? 2 : 0) }

  /// A row of a table as scores read it: a score is the product of a user's and an item's scoring
  /// row.
  ///
  /// With biases, a user's row begins with `μ + b_u, 1` and an item's with `1, c_i`.
  package func scoringRow(_ side: Side, _ table: FactorTable, _ row: Int) -> [Float] {
    guard hasBias else { return table.factors(row) }
    let bias = table.bias(row)
    return (side == .user ? [mean + bias, 1] : [1, bias]) + table.factors(row)
  }
}

/// Predicts single ratings, from rows that are in memory.
package struct Predictor: Sendable {
  private let users: FactorTable
  private let items: FactorTable
  private let mean: Float
  private let kernels: KernelSet

  /// Holds all of a model, by its indices.
  package init(_ model: FactorModel, workers: Int = 1) throws(Failure) {
    self.init(
      model, users: try model.rows.user.table(workers: workers),
      items: try model.rows.item.table(workers: workers))
  }

  /// Holds some rows of a model, by their places in these tables.
  init(_ model: FactorModel, users: FactorTable, items: FactorTable) {
    self.users = users
    self.items = items
    mean = model.mean
    kernels = model.kernels
  }

  /// The score of a user and an item of which one or both may be unknown.
  ///
  /// - Returns: With biases, μ and the bias that is known in place of an unknown side's; without,
  ///   `nil`, for there is nothing to go by.
  package func predict(user: Int?, item: Int?) -> Float? {
    let hasBias = users.hasBias
    guard let user, let item else {
      guard hasBias else { return nil }
      return (mean + (user.map { users.bias($0) } ?? 0)) + (item.map { items.bias($0) } ?? 0)
    }
    precondition((0..<users.rowCount).contains(user) && (0..<items.rowCount).contains(item))
    return unsafe kernels.predict(
      users.base + user * users.stride, items.base + item * items.stride, users.rank,
      hasBias ? users.rank : -1, mean)
  }

  /// A row's factors, without its bias.
  package func factors(_ side: Side, _ index: Int) -> [Float] {
    (side == .user ? users : items).factors(index)
  }
}
