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
package final class StochasticLearner: Learner, Sendable {
  private let grid: RatingGrid
  private let settings: StochasticSettings
  private let hyperparameters: Hyperparameters
  private let counts: PerSide<[UInt32]>
  private let ratingCount: Int
  private let kernels: KernelSet
  private let workers: Int
  /// η of factors where that of biases is 1.
  private let factorRate: Double
  package let mean: Double
  package let factors: PerSide<FactorTable>
  package var keepsRatings: Bool { true }
  /// A step moves a user and an item: neither side stands still.
  package let phases: [[Side]] = [[.user, .item]]
  package var divergenceHint: String { "lower --learning-rate, or raise --regularization" }

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
    let center = hyperparameters.hasBias ? mean : try source.mean(workers: workers)
    let deviation = try grid.deviation(from: center, workers: workers)
    factorRate = settings.factorRate(
      deviation: deviation, mean: center, hasBias: hyperparameters.hasBias)
    if let factors {
      self.factors = factors
    } else {
      self.factors = try Self.begin(
        source, hyperparameters: hyperparameters, mean: center, deviation: deviation)
    }
  }

  /// The factors to begin with.
  ///
  /// With biases, predictions begin at the mean. Without, the factors have to carry it: all rows
  /// begin alike, at products of the mean. On top of that come numbers that differ from row to row
  /// and without which factors could not part: few, for descent forgets them only as fast as λ
  /// makes it, and until then they are noise in every prediction.
  private static func begin(
    _ source: RatingBlockSource, hyperparameters: Hyperparameters, mean: Double, deviation: Double
  ) throws(Failure) -> PerSide<FactorTable> {
    let factors = try initialFactors(source.grids, hyperparameters: hyperparameters)
    let shared =
      hyperparameters.hasBias ? 0 : (mean.magnitude / Double(hyperparameters.rank)).squareRoot()
    let length = Float((0.1 * deviation).squareRoot())
    for side in Side.allCases {
      let shared = Float(side == .item && mean < 0 ? -shared : shared)
      for index in 0..<factors[side].rowCount {
        factors[side].setRow(
          index, factors: factors[side].factors(index).map { shared + $0 * length })
      }
    }
    return factors
  }

  /// One epoch: a step for each rating, then the exact error of all.
  ///
  /// - Complexity: O(ratings · rank) divided by the workers, of which `gridSize` have work.
  package func run(
    phase: Int, of epoch: Int, stop: StopRequest,
    progress: @escaping @Sendable (PhaseProgress) -> Void
  ) throws(Failure) -> PhaseReport? {
    let clock = ContinuousClock.now
    let order = grid.diagonals(epoch: epoch, seed: hyperparameters.seed)
    var paces = try makePaces(elapsed: Double(epoch - 1), epoch: epoch)
    var done = 0
    for (position, diagonal) in order.enumerated() {
      if stop.isSet { return nil }
      if position > 0, settings.damping > 0 {
        let share = Double(position) / Double(order.count)
        paces = try makePaces(elapsed: Double(epoch - 1) + share, epoch: epoch)
      }
      let paces = paces
      let counts = try Parallel.map(grid.size, workers: workers) { [self] block throws(Failure) in
        let cell = block * grid.size + (block + diagonal) % grid.size
        step(grid.cells[cell], paces)
        return grid.cells[cell].count
      }
      done += counts.reduce(0, +)
      progress(
        PhaseProgress(iteration: epoch, side: nil, ratingsDone: done, ratingCount: ratingCount))
    }
    let errors = try Parallel.map(grid.cells.count, workers: workers) {
      [self] cell throws(Failure) in cellError(grid.cells[cell])
    }
    let squaredError = errors.reduce(0, +)
    var objective = squaredError
    for side in Side.allCases {
      objective += penalty(
        factors[side], counts: counts[side], oppositeCount: counts[side.opposite].count,
        hyperparameters: hyperparameters)
    }
    return PhaseReport(
      iteration: epoch, side: nil, objective: objective,
      rmse: rootMeanSquare(squaredError, count: ratingCount), seconds: clock.seconds,
      ratings: ratingCount, broadcastBytes: broadcastBytes, fallbackRows: 0, doubleRows: 0)
  }

  /// With each row of the grid in a process of its own, every block of items moves on after each
  /// diagonal.
  private var broadcastBytes: Int {
    factors.item.rowCount * factors.item.width * MemoryLayout<Float>.size * grid.size
  }

  private typealias Paces = PerSide<[StochasticPace]>

  /// How each row steps when so many epochs have passed.
  private func makePaces(elapsed: Double, epoch: Int) throws(Failure) -> Paces {
    try Paces { side throws(Failure) in try makePaces(side, elapsed: elapsed, epoch: epoch) }
  }

  private func makePaces(
    _ side: Side, elapsed: Double, epoch: Int
  ) throws(Failure) -> [StochasticPace] {
    let counts = counts[side]
    return try Parallel.map(rangesOf: counts.count, length: 16384, workers: workers) {
      [self] rows throws(Failure) in
      counts[rows].map {
        pace(count: Int($0), elapsed: elapsed, epoch: epoch)
      }
    }.flatMap(\.self)
  }

  /// The gradient of λ s |x|², spread over the row's n ratings, is 2λ s/n · x at each; as in the
  /// errors' gradient, the 2 belongs to η.
  private func pace(count: Int, elapsed: Double, epoch: Int) -> StochasticPace {
    let biasRate = settings.rate(epoch: epoch, steps: Double(count) * elapsed)
    let rate = biasRate * factorRate
    func left(_ rate: Double, _ ridge: Double) -> Float {
      count == 0 ? 1 : Float(max(0, 1 - rate * ridge / Double(count)))
    }
    return StochasticPace(
      rate: Float(rate), decay: left(rate, hyperparameters.ridge(count: count, oppositeCount: 0)),
      bias_rate: Float(biasRate),
      bias_decay: left(biasRate, hyperparameters.biasRidge(count: count)))
  }

  private func step(_ ratings: [StochasticRating], _ paces: Paces) {
    unsafe withCell(paces) { cell in
      unsafe ratings.withUnsafeBufferPointer { ratings in
        guard let first = ratings.baseAddress else { return }
        unsafe kernels.stochasticSteps(cell, first, ratings.count)
      }
    }
  }

  private func cellError(_ ratings: [StochasticRating]) -> Double {
    // No step is made, so no pace is asked for.
    unsafe withCell(Paces(user: [], item: [])) { cell in
      unsafe ratings.withUnsafeBufferPointer { ratings in
        guard let first = ratings.baseAddress else { return 0 }
        return unsafe kernels.stochasticSquaredError(cell, first, ratings.count)
      }
    }
  }

  /// Lends the factors and paces of both sides to a kernel.
  private func withCell<Output>(_ paces: Paces, _ body: (StochasticCell) -> Output) -> Output {
    unsafe paces.user.withUnsafeBufferPointer { users in
      unsafe paces.item.withUnsafeBufferPointer { items in
        unsafe body(
          StochasticCell(
            users: factors.user.writableBase, items: factors.item.writableBase,
            stride: factors.user.stride,
            bias_lane: factors.user.hasBias ? factors.user.rank : -1, mean: Float(mean),
            user_paces: users.baseAddress, item_paces: items.baseAddress))
      }
    }
  }
}
