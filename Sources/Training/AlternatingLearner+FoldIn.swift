import BlockMatrix
import FactorExchange
import LeastSquares
import Workers

// How rows that the start does not know get factors before the first iteration.
extension AlternatingLearner {
  /// Gives new rows factors: users first, from the items that are known, then items, from all
  /// users.
  ///
  /// A new row becomes the exact minimum of the objective while the other side stands still, where
  /// what is new as well still counts as zero. One that comes out as zero, because nothing that it
  /// is rated with is known, would stay zero for ever: it gets the seed's factors.
  ///
  /// - Parameter isNew: Of the rows that this process owns; they are zero, the others known.
  package func foldIn(_ isNew: PerSide<[Bool]>) throws(Failure) {
    // The users have gone out already, for the first phase.
    try exchange.publish(0..<factors.item.rowCount, of: .item)
    try exchange.complete(.item)
    for side in [Side.user, .item] where try ranks.any(isNew[side].contains(true)) {
      try solve(side, where: isNew[side])
      try beginAnew(side, where: isNew[side])
      try exchange.publish(0..<factors[side].rowCount, of: side)
      try exchange.complete(side)
    }
    // The first phase publishes items again: not before all have these.
    try ranks.meet()
  }

  private func solve(_ side: Side, where isNew: [Bool]) throws(Failure) {
    let solver = try PhaseSolver(
      kernels: kernels, hyperparameters: hyperparameters.solvedExactly(),
      fixed: exchange.rows(of: side.opposite), scattered: scattered(side.opposite),
      solved: factors[side], workers: workers, mean: Float(mean), memory: memory)
    let share = exchange.share(of: side)
    let source = source
    let postponed = try Parallel.map(share.blocks.count, workers: workers) {
      position throws(Failure) in
      let number = share.blocks.lowerBound + position
      let first = share.indices.lowerBound
      let indices = source.grids[side].indices(ofBlock: number)
      let runs = isNew.runs(in: indices.lowerBound - first..<indices.upperBound - first)
      guard !runs.isEmpty else { return [Int]() }
      let block = try source.block(number, of: side)
      var scratch = try solver.makeScratch()
      var postponed: [Int] = []
      for run in runs {
        let rows = run.lowerBound - block.firstIndex..<run.upperBound - block.firstIndex
        let outcomes = try solver.solve(rows: rows, of: block, scratch: &scratch)
        postponed += zip(rows, outcomes).filter(\.1.isPostponed).map(\.0)
      }
      return postponed
    }
    guard try ranks.totals([postponed.reduce(0) { $0 + $1.count }])[0] > 0 else { return }
    try solver.prepareForDoubles()
    for (position, rows) in postponed.enumerated() where !rows.isEmpty {
      let block = try source.block(share.blocks.lowerBound + position, of: side)
      var scratch = try solver.makeScratch()
      for row in rows { _ = try solver.solveInDouble(row: row, of: block, scratch: &scratch) }
    }
  }

  /// Gives new rows that are zero the seed's factors.
  private func beginAnew(_ side: Side, where isNew: [Bool]) throws(Failure) {
    let table = factors[side]
    let first = exchange.share(of: side).indices.lowerBound
    for row in 0..<table.rowCount where isNew[row] && table.factors(row).allSatisfy({ $0 == 0 }) {
      let seeded = try initialFactors(
        side: side, indices: first + row..<first + row + 1, hyperparameters: hyperparameters)
      table.setRow(row, factors: seeded.factors(0), bias: table.bias(row))
    }
  }
}

extension [Bool] {
  /// The runs of true ones in a range.
  fileprivate func runs(in range: Range<Int>) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for position in range where self[position] {
      if let last = runs.last, last.upperBound == position {
        runs[runs.count - 1] = last.lowerBound..<position + 1
      } else {
        runs.append(position..<position + 1)
      }
    }
    return runs
  }
}
