import BlockMatrix

/// A piece of a block that one worker takes at a time.
package struct WorkItem: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// Some rows, each of them whole.
    case rows(Range<Int>)
    /// Part of a row that is too long for one worker; the row is solved when all are there.
    case segment(row: Int, segment: Int, segmentCount: Int)
  }

  package let kind: Kind
  /// About how many multiply-adds it takes.
  package let cost: Double

  package init(kind: Kind, cost: Double) {
    self.kind = kind
    self.cost = cost
  }
}

/// What came of solving a row.
package struct RowOutcome: Sendable, Equatable {
  /// Σ (r − r̂)² over the row's ratings, after its solve.
  package var squaredError: Double
  /// 1 where the row's equations could not be solved as they stood, else 0.
  package var fallbacks: Int
  /// 1 where floats could not solve them and doubles could, else 0.
  package var doubles = 0
  /// Whether the row has still to be solved, in Double, after ``PhaseSolver/prepareForDoubles()``.
  package var isPostponed = false

  package init(squaredError: Double, fallbacks: Int) {
    self.squaredError = squaredError
    self.fallbacks = fallbacks
  }

  static let postponed: RowOutcome = {
    var outcome = RowOutcome(squaredError: 0, fallbacks: 0)
    outcome.isPostponed = true
    return outcome
  }()
}

/// The sums of a row's normal equations over one of its segments.
package struct PartialSums: Sendable {
  /// Σ w·y·yᵀ on and above the diagonal, row after row.
  let matrix: [Float]
  /// Σ t·y.
  let vector: [Float]
  let facts: RowFacts
}

extension PhaseSolver {
  /// Ratings of a row that are summed apart; longer rows are cut at its multiples, everywhere.
  package static let segmentLength = 8192

  /// About the cost at which an item is closed: some tenth of a millisecond; more where rows are
  /// turned back, which pays for many at once.
  private var itemCost: Double {
    guard case .rotated = preparation else { return 6e6 }
    return max(6e6, 96 * Double(fixed.stride * fixed.stride))
  }

  /// The number of segments of a row with `count` ratings, at least 1.
  package static func segmentCount(_ count: Int) -> Int {
    max(1, (count + segmentLength - 1) / segmentLength)
  }

  /// Cuts a block's work into pieces of about equal cost, in row order.
  ///
  /// A row of more than ``segmentLength`` ratings becomes an item per segment; all other rows are
  /// grouped. How rows are grouped has no influence on what they become.
  ///
  /// - Complexity: O(rows).
  package func work(in block: RatingBlock) -> [WorkItem] {
    var items: [WorkItem] = []
    var first = 0
    var cost = 0.0
    let itemCost = itemCost
    func close(before row: Int) {
      if first < row { items.append(WorkItem(kind: .rows(first..<row), cost: cost)) }
      first = row
      cost = 0
    }
    for row in 0..<block.rowCount {
      let count = block.ratings(ofRow: row).count
      // Conjugate gradients go over a row's ratings step by step: there is nothing to fold.
      let segments = hyperparameters.cgSteps == nil ? Self.segmentCount(count) : 1
      if segments > 1 {
        close(before: row)
        for segment in 0..<segments {
          items.append(
            WorkItem(
              kind: .segment(row: row, segment: segment, segmentCount: segments),
              cost: rowCost(count: Self.segmentRange(segment, of: 0..<count).count)))
        }
        first = row + 1
        continue
      }
      let rowCost = rowCost(count: count)
      if cost + rowCost > itemCost { close(before: row) }
      cost += rowCost
    }
    close(before: block.rowCount)
    return items
  }

  /// The part of a row's ratings that a segment covers.
  static func segmentRange(_ segment: Int, of ratings: Range<Int>) -> Range<Int> {
    let first = ratings.lowerBound + segment * segmentLength
    return first..<min(first + segmentLength, ratings.upperBound)
  }

  /// About how many multiply-adds the rows of a block take, of which nothing but their number and
  /// that of their ratings is known.
  package static func cost(
    ratings: Int, rows: Int, hyperparameters: Hyperparameters
  ) -> Double {
    let width = FactorTable.stride(rank: hyperparameters.rank, hasBias: hyperparameters.hasBias)
    let count = ratings / max(1, rows)
    let primal = primalCost(count: count, width: width)
    let row = count < width ? min(primal, dualCost(count: count, width: width)) : primal
    return Double(rows) * Double(row)
  }

  private func rowCost(count: Int) -> Double {
    let width = fixed.stride
    if let steps = hyperparameters.cgSteps {
      return Double(steps + 2) * Double(width) * Double(width + 8 * count) + 1000
    }
    let solving =
      isDual(count: count)
      ? Self.dualCost(count: count, width: width)
      : Self.primalCost(count: count, width: width)
    guard case .rotated = preparation else { return Double(solving) }
    return Double(solving + width * width)
  }
}
