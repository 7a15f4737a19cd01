import BlockMatrix
import Kernels

/// A trained model as answers need it: the factors and ids of both sides, by index.
///
/// The score of a user u and an item i is `(μ + b_u) + c_i + Σ x_f y_f`; without biases it is the
/// sum alone. It is one chain of fused multiply-adds, over the factors in ascending order, wherever
/// it is computed: a prediction and the score in a ranking are the same bits.
package struct FactorModel: Sendable {
  package let factors: PerSide<FactorTable>
  package let ids: PerSide<IdTable>
  /// μ, the mean that biases are relative to; 0 where the model has no biases.
  package let mean: Float
  /// The lowest and the highest value among the training ratings.
  package let scale: ClosedRange<Float>
  /// The loops that compute scores; every instruction set gives the same bits.
  package let kernels: KernelSet

  package var rank: Int { factors.user.rank }
  package var hasBias: Bool { factors.user.hasBias }

  /// Puts a model together.
  ///
  /// - Throws: `.data` where tables and ids do not belong together; `.usage` where this machine
  ///   runs none of the loops.
  package init(
    factors: PerSide<FactorTable>, ids: PerSide<IdTable>, mean: Float = 0,
    scale: ClosedRange<Float>, instructionSet: InstructionSet? = nil
  ) throws(Failure) {
    guard factors.user.rank == factors.item.rank, factors.user.hasBias == factors.item.hasBias
    else { throw Failure(.data, "the factors of users and items have different shapes") }
    for side in Side.allCases where factors[side].rowCount != ids[side].count {
      throw Failure(
        .data, "factors of \(factors[side].rowCount) \(side.plural), but \(ids[side].count) ids")
    }
    self.factors = factors
    self.ids = ids
    self.mean = mean
    self.scale = scale
    kernels = try KernelSet.select(instructionSet)
  }

  /// The score of a user and an item, both by index.
  package func predict(user: Int, item: Int) -> Float {
    let (users, items) = (factors.user, factors.item)
    precondition((0..<users.rowCount).contains(user) && (0..<items.rowCount).contains(item))
    return unsafe kernels.predict(
      users.base + user * users.stride, items.base + item * items.stride, rank,
      hasBias ? rank : -1, mean)
  }

  /// The numbers in a scoring row: the factors, and two for the biases where the model has them.
  package var scoringWidth: Int { rank + (hasBias ? 2 : 0) }

  /// A row as scores read it: a score is the product of a user's and an item's scoring row.
  ///
  /// With biases, a user's row begins with `μ + b_u, 1` and an item's with `1, c_i`.
  package func scoringRow(_ side: Side, _ index: Int) -> [Float] {
    let table = factors[side]
    guard hasBias else { return table.factors(index) }
    let bias = table.bias(index)
    return (side == .user ? [mean + bias, 1] : [1, bias]) + table.factors(index)
  }
}

extension FactorModel {
  /// The score of a user and an item of which one or both may be unknown.
  ///
  /// - Returns: With biases, μ and the bias that is known in place of an unknown side's; without,
  ///   nothing, for there is nothing to go by.
  package func predict(user: Int?, item: Int?) -> Float? {
    if let user, let item { return predict(user: user, item: item) }
    guard hasBias else { return nil }
    return (mean + (user.map { factors.user.bias($0) } ?? 0))
      + (item.map { factors.item.bias($0) } ?? 0)
  }
}
