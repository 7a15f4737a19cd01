import BlockMatrix
import BlockStore
import CSystem
import FactorExchange
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
  private let places: GridFactors
  private let exchange: FactorExchange
  private let ranks: Ranks
  private let settings: StochasticSettings
  private let hyperparameters: Hyperparameters
  /// The ratings of each row that this process owns in the partition.
  private let counts: PerSide<[UInt32]>
  private let rowCounts: PerSide<Int>
  private let diagonalCounts: [Int]
  private let ratingCount: Int
  private let kernels: KernelSet
  private let workers: Int
  /// η of factors where that of biases is 1.
  private let factorRate: Double
  package let mean: Double
  package var factors: PerSide<FactorTable> { places.owned }
  package var referredItems: FactorTable { exchange.rows(of: .item) }
  package var keepsRatings: Bool { true }
  /// A step moves a user and an item: neither side stands still.
  package let phases: [[Side]] = [[.user, .item]]
  package var divergenceHint: String { "lower --learning-rate, or raise --regularization" }

  /// - Parameters:
  ///   - ranks: Who trains together; each has a run of the grid's rows.
  ///   - ownership: Who owns what of the partition; `nil` in one process alone.
  ///   - factors: The rows to go on from, of those that this process owns; `nil` begins with the
  ///     seed's.
  package init(
    _ source: RatingBlockSource, settings: StochasticSettings, hyperparameters: Hyperparameters,
    mean: Double, kernels: KernelSet, workers: Int, ranks: Ranks = .alone,
    ownership: Ownership? = nil, factors: PerSide<FactorTable>?
  ) throws(Failure) {
    grid = try RatingGrid(
      source, size: settings.gridSize, seed: hyperparameters.seed, ranks: ranks)
    self.settings = settings
    self.hyperparameters = hyperparameters
    self.ranks = ranks
    counts = source.counts
    rowCounts = source.grids.map(\.rowCount)
    diagonalCounts = try grid.diagonalCounts(ranks)
    ratingCount = source.ratingCount
    self.kernels = kernels
    self.workers = workers
    self.mean = mean
    let center = hyperparameters.hasBias ? mean : try source.mean(workers: workers, ranks: ranks)
    let deviation = try grid.deviation(from: center, workers: workers, ranks: ranks)
    factorRate = settings.factorRate(
      deviation: deviation, mean: center, hasBias: hyperparameters.hasBias)
    let beginning: PerSide<FactorTable>
    if let factors {
      beginning = factors
    } else {
      beginning = try Self.begin(
        source, hyperparameters: hyperparameters, mean: center, deviation: deviation)
    }
    places = try GridFactors(
      beginning, in: grid, itemCounts: source.counts.item, ranks: ranks, ownership: ownership)
    exchange = try FactorExchange(ranks, ownership, source.territory, own: places.owned)
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
    let factors = try initialFactors(
      source.territory.shares.map(\.indices), hyperparameters: hyperparameters)
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
  /// - Complexity: O(ratings · rank) divided by the workers, of which each rank has work for as
  ///   many as it has rows of the grid.
  package func run(
    phase: Int, of epoch: Int, stop: StopRequest, trace: Trace?,
    progress: @escaping @Sendable (PhaseProgress) -> Void
  ) throws(Failure) -> PhaseReport? {
    let clock = ContinuousClock.now
    let sentBefore = ranks.sentBytes
    let order = grid.diagonals(epoch: epoch, seed: hyperparameters.seed)
    var paces = PaceBook()
    let meter = WorkMeter(workers: workers, trace: trace)
    var done = 0
    for (position, diagonal) in order.enumerated() {
      if try ranks.any(stop.isSet) { return nil }
      if position == 0 { try places.arrange(on: diagonal) }
      if settings.damping > 0 { paces = PaceBook() }
      let share = Double(position) / Double(order.count)
      try stepThrough(
        diagonal, then: position + 1 < order.count ? order[position + 1] : diagonal, paces, meter,
        pace: { [self] in pace(count: $0, elapsed: Double(epoch - 1) + share, epoch: epoch) })
      done += diagonalCounts[diagonal]
      progress(
        PhaseProgress(iteration: epoch, side: nil, ratingsDone: done, ratingCount: ratingCount))
    }
    let errors = try squaredErrors(after: order, meter)
    try trace.record("broadcast items", in: .broadcast) { () throws(Failure) in
      try places.returnRows()
      try exchange.publish(0..<factors.item.rowCount, of: .item)
      try exchange.complete(.item)
    }
    let sums = try ranks.fold([0, 0, 0]) { before in
      [
        errors.reduce(before[0], +), penalty(of: .user, after: before[1]),
        penalty(of: .item, after: before[2]),
      ]
    }
    let sent = try ranks.totals([ranks.sentBytes - sentBefore])[0]
    return PhaseReport(
      iteration: epoch, side: nil, objective: sums[0] + sums[1] + sums[2],
      rmse: rootMeanSquare(sums[0], count: ratingCount), seconds: clock.seconds,
      ratings: ratingCount, broadcastBytes: ranks.isAlone ? bytesApart : sent, fallbackRows: 0,
      doubleRows: 0, workerTime: meter.time)
  }

  /// A step for each rating of a diagonal's cells; item blocks leave for the next one as soon as
  /// their cell is done, and are waited for only by the cell that needs them.
  private func stepThrough(
    _ diagonal: Int, then next: Int, _ paces: PaceBook, _ meter: WorkMeter,
    pace: @escaping @Sendable (_ count: Int) -> StochasticPace
  ) throws(Failure) {
    _ = try Parallel.map(grid.rows.count, workers: workers) {
      [self] position, worker throws(Failure) in
      let row = grid.rows.lowerBound + position
      let number = grid.itemBlock(ofRow: row, on: diagonal)
      let (users, items) = (places.users[position], try places.items.block(number))
      let user = paces.paces(of: .user, row, users.counts, make: pace)
      let item = paces.paces(of: .item, number, items.counts, make: pace)
      try meter.measure(.solving, by: worker, "steps", ["users": .int(row), "items": .int(number)])
      {
        step(grid.cell(row, on: diagonal), users.factors, items.factors, user, item)
      }
      if grid.owner(ofItemBlock: number, on: next) != ranks.rank { paces.forget(.item, number) }
      try places.pass(number, to: next)
    }
  }

  /// Σ (r − r̂)² of each cell of these rows, in order.
  ///
  /// Of several ranks each sees the item blocks as they go round once more, backwards: at first
  /// they are where the epoch has left them.
  private func squaredErrors(
    after order: [Int], _ meter: WorkMeter
  ) throws(Failure) -> [Double] {
    // Alone, all blocks are here at once.
    let rounds = ranks.isAlone ? [order] : order.reversed().map { [$0] }
    var errors = [Double](repeating: 0, count: grid.cells.count)
    for (position, round) in rounds.enumerated() {
      let next = rounds[min(position + 1, rounds.count - 1)][0]
      let found = try Parallel.map(round.count * grid.rows.count, workers: workers) {
        [self] task, worker throws(Failure) in
        let (place, row) = task.quotientAndRemainder(dividingBy: grid.rows.count)
        let number = grid.itemBlock(ofRow: grid.rows.lowerBound + row, on: round[place])
        let items = try places.items.block(number)
        let cell = row * grid.size + number
        let error = try meter.measure(
          .solving, by: worker, "errors", ["users": .int(row), "items": .int(number)]
        ) {
          cellError(grid.cells[cell], places.users[row].factors, items.factors)
        }
        try places.pass(number, to: next)
        return (cell, error)
      }
      for (cell, error) in found { errors[cell] = error }
    }
    places.stand(on: rounds[rounds.count - 1][0])
    return errors
  }

  private func penalty(of side: Side, after before: Double) -> Double {
    LeastSquares.penalty(
      factors[side], counts: counts[side], oppositeCount: rowCounts[side.opposite],
      hyperparameters: hyperparameters, after: before)
  }

  /// With each row of the grid in a process of its own, every block of items moves on after each
  /// diagonal.
  private var bytesApart: Int {
    factors.item.rowCount * factors.item.width * MemoryLayout<Float>.size * grid.size
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

  private func step(
    _ ratings: [StochasticRating], _ users: FactorTable, _ items: FactorTable,
    _ userPaces: [StochasticPace], _ itemPaces: [StochasticPace]
  ) {
    unsafe withCell(users, items, userPaces, itemPaces) { cell in
      unsafe ratings.withUnsafeBufferPointer { ratings in
        guard let first = ratings.baseAddress else { return }
        unsafe kernels.stochasticSteps(cell, first, ratings.count)
      }
    }
  }

  private func cellError(
    _ ratings: [StochasticRating], _ users: FactorTable, _ items: FactorTable
  ) -> Double {
    // No step is made, so no pace is asked for.
    unsafe withCell(users, items, [], []) { cell in
      unsafe ratings.withUnsafeBufferPointer { ratings in
        guard let first = ratings.baseAddress else { return 0 }
        return unsafe kernels.stochasticSquaredError(cell, first, ratings.count)
      }
    }
  }

  /// Lends the factors and paces of two blocks to a kernel.
  private func withCell<Output>(
    _ users: FactorTable, _ items: FactorTable, _ userPaces: [StochasticPace],
    _ itemPaces: [StochasticPace], _ body: (StochasticCell) -> Output
  ) -> Output {
    unsafe userPaces.withUnsafeBufferPointer { userPaces in
      unsafe itemPaces.withUnsafeBufferPointer { itemPaces in
        unsafe body(
          StochasticCell(
            users: users.writableBase, items: items.writableBase, stride: users.stride,
            bias_lane: users.hasBias ? users.rank : -1, mean: Float(mean),
            user_paces: userPaces.baseAddress, item_paces: itemPaces.baseAddress))
      }
    }
  }
}

/// How the rows of each block step, worked out by the first cell that needs it.
///
/// A block is in one cell at a time, so nobody works it out twice.
private final class PaceBook: Sendable {
  private let known = Locked(
    PerSide<[Int: [StochasticPace]]>(user: [:], item: [:]))

  func paces(
    of side: Side, _ block: Int, _ counts: ArraySlice<UInt32>,
    make: (_ count: Int) -> StochasticPace
  ) -> [StochasticPace] {
    if let paces = known.withLock({ $0[side][block] }) { return paces }
    let made = counts.map { make(Int($0)) }
    known.withLock { $0[side][block] = made }
    return made
  }

  /// Of a block that goes away.
  func forget(_ side: Side, _ block: Int) { known.withLock { $0[side][block] = nil } }
}
