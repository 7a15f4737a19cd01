import BlockMatrix
import CSystem
import Kernels
import LeastSquares
import Workers

/// Stochastic gradient descent on the explicit objective: a step for each rating.
///
/// An epoch goes through the diagonals of a grid of cells, one after another; the cells of a
/// diagonal are stepped through in parallel. The order is fixed, so the bits depend on the grid but
/// not on the workers (Gemulla, Nijkamp, Haas and Sismanis, KDD 2011: strata).
package final class StochasticLearner: Sendable {
  private let grid: RatingGrid
  private let settings: StochasticSettings
  private let hyperparameters: Hyperparameters
  private let counts: PerSide<[UInt32]>
  private let ratingCount: Int
  private let kernels: KernelSet
  private let workers: Int
  package let mean: Double
  package let factors: PerSide<FactorTable>

  package init(
    _ source: RatingBlockSource, settings: StochasticSettings, hyperparameters: Hyperparameters,
    mean: Double, kernels: KernelSet, workers: Int, factors: PerSide<FactorTable>?
  ) throws(Failure) {
    grid = try RatingGrid(source, size: settings.gridSize, seed: hyperparameters.seed)
    self.settings = settings
    self.hyperparameters = hyperparameters
    counts = source.counts
    ratingCount = source.ratingCount
    self.kernels = kernels
    self.workers = workers
    self.mean = mean
    if let factors {
      self.factors = factors
    } else {
      self.factors = try Self.begin(source, hyperparameters: hyperparameters, workers: workers)
    }
  }

  /// The factors to begin with.
  ///
  /// With biases, predictions begin at the mean, and factors as in ALS. Without, the factors have
  /// to carry the mean: they begin positive and so long that their products come near it.
  private static func begin(
    _ source: RatingBlockSource, hyperparameters: Hyperparameters, workers: Int
  ) throws(Failure) -> PerSide<FactorTable> {
    let factors = PerSide(
      user: try initialFactors(
        side: .user, rowCount: source.grids.user.rowCount, hyperparameters: hyperparameters),
      item: try initialFactors(
        side: .item, rowCount: source.grids.item.rowCount, hyperparameters: hyperparameters))
    let mean = hyperparameters.hasBias ? 0 : try source.mean(workers: workers)
    guard mean > 0 else { return factors }
    // Of two rows of unit length and nearly normal entries, Σ |x||y| is about 2/π.
    let scale = Float((mean * 1.5707963267948966).squareRoot())
    for side in Side.allCases {
      for index in 0..<factors[side].rowCount {
        factors[side].setRow(
          index, factors: factors[side].factors(index).map { $0.magnitude * scale })
      }
    }
    return factors
  }

  /// One epoch: a step for each rating, then the exact error of all.
  ///
  /// - Returns: What it came to; nothing where a stop request came in between, and the factors are
  ///   of no more use.
  /// - Complexity: O(ratings · rank) divided by the workers, of which `gridSize` have work.
  package func run(epoch: Int, stop: StopRequest) throws(Failure) -> IterationOutcome? {
    let rate = settings.rate(epoch: epoch)
    let decay = PerSide(user: decays(.user, rate), item: decays(.item, rate))
    for diagonal in grid.diagonals(epoch: epoch, seed: hyperparameters.seed) {
      if stop.isSet { return nil }
      _ = try Parallel.map(grid.size, workers: workers) { [self] block throws(Failure) in
        let cell = block * grid.size + (block + diagonal) % grid.size
        step(grid.cells[cell], Float(rate), decay)
      }
    }
    let errors = try Parallel.map(grid.cells.count, workers: workers) {
      [self] cell throws(Failure) in cellError(grid.cells[cell], decay)
    }
    let squaredError = errors.reduce(0, +)
    var objective = squaredError
    for side in Side.allCases {
      objective += penalty(
        factors[side], counts: counts[side], oppositeCount: counts[side.opposite].count,
        hyperparameters: hyperparameters)
    }
    return IterationOutcome(
      objective: objective, rmse: (squaredError / Double(ratingCount)).squareRoot())
  }

  /// For each row, what is left of its factors and of its bias after one rating's share of the
  /// penalty.
  private struct Decays: Sendable {
    var factors: [Float]
    var biases: [Float]
  }

  /// The gradient of λ s |x|², spread over the row's n ratings, is 2λ s/n · x at each; as in the
  /// errors' gradient, the 2 belongs to η.
  private func decays(_ side: Side, _ rate: Double) -> Decays {
    func left(_ count: UInt32, _ ridge: Double) -> Float {
      count == 0 ? 1 : Float(max(0, 1 - rate * ridge / Double(count)))
    }
    return Decays(
      factors: counts[side].map {
        left($0, hyperparameters.ridge(count: Int($0), oppositeCount: 0))
      },
      biases: counts[side].map { left($0, hyperparameters.biasRidge(count: Int($0))) })
  }

  private func step(
    _ ratings: [StochasticRating], _ rate: Float, _ decay: PerSide<Decays>
  ) {
    unsafe withCell(rate, decay) { cell in
      unsafe ratings.withUnsafeBufferPointer { ratings in
        guard let first = ratings.baseAddress else { return }
        unsafe kernels.stochasticSteps(cell, first, ratings.count)
      }
    }
  }

  private func cellError(_ ratings: [StochasticRating], _ decay: PerSide<Decays>) -> Double {
    unsafe withCell(0, decay) { cell in
      unsafe ratings.withUnsafeBufferPointer { ratings in
        guard let first = ratings.baseAddress else { return 0 }
        return unsafe kernels.stochasticSquaredError(cell, first, ratings.count)
      }
    }
  }

  /// Lends the factors and decays of both sides to a kernel.
  private func withCell<Output>(
    _ rate: Float, _ decay: PerSide<Decays>, _ body: (StochasticCell) -> Output
  ) -> Output {
    unsafe decay.user.factors.withUnsafeBufferPointer { userDecay in
      unsafe decay.item.factors.withUnsafeBufferPointer { itemDecay in
        unsafe decay.user.biases.withUnsafeBufferPointer { userBiasDecay in
          unsafe decay.item.biases.withUnsafeBufferPointer { itemBiasDecay in
            unsafe body(
              StochasticCell(
                users: factors.user.writableBase, items: factors.item.writableBase,
                stride: factors.user.stride,
                bias_lane: factors.user.hasBias ? factors.user.rank : -1, mean: Float(mean),
                rate: rate,
                user_decay: userDecay.baseAddress, item_decay: itemDecay.baseAddress,
                user_bias_decay: userBiasDecay.baseAddress,
                item_bias_decay: itemBiasDecay.baseAddress))
          }
        }
      }
    }
  }
}
