import BlockMatrix

/// A generator of numbers for tests (SplitMix64).
struct TestNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  mutating func uniform() -> Double { Double.random(in: 0..<1, using: &self) }
}

/// Some ratings as a list, from which blocks of either side are made.
struct TestRatings {
  let users: Int
  let items: Int
  var cells: [(user: Int, item: Int, value: Float)]

  /// Every cell is there with probability `density`; every user and item has at least one rating.
  init(users: Int, items: Int, density: Double, seed: Int) {
    var numbers = TestNumbers(seed: seed)
    self.users = users
    self.items = items
    cells = []
    for user in 0..<users {
      for item in 0..<items
      where numbers.uniform() < density || item == user % items || user == item % users {
        cells.append((user, item, Float(Int(numbers.uniform() * 10) + 1) / 2))
      }
    }
  }

  func rowCount(_ side: Side) -> Int { side == .user ? users : items }

  func counts(_ side: Side) -> [UInt32] {
    var counts = [UInt32](repeating: 0, count: rowCount(side))
    for cell in cells { counts[side == .user ? cell.user : cell.item] += 1 }
    return counts
  }

  /// All rows of a side as one block.
  func block(_ side: Side, coded: Bool = true) -> RatingBlock {
    block(side, number: 0, indices: 0..<rowCount(side), coded: coded)
  }

  /// Some rows of a side as a block.
  func block(_ side: Side, number: Int, indices: Range<Int>, coded: Bool = true) -> RatingBlock {
    var rows = [[(column: Int, value: Float)]](repeating: [], count: rowCount(side))
    for cell in cells {
      if side == .user {
        rows[cell.user].append((cell.item, cell.value))
      } else {
        rows[cell.item].append((cell.user, cell.value))
      }
    }
    var offsets = [0]
    var columns: [UInt32] = []
    var values: [Float] = []
    for index in indices {
      let row = rows[index].sorted { $0.column < $1.column }
      columns += row.map { UInt32($0.column) }
      values += row.map(\.value)
      offsets.append(columns.count)
    }
    let dictionary = Array(Set(values)).sorted()
    let codes = values.map { UInt8(dictionary.firstIndex(of: $0) ?? 0) }
    return RatingBlock(
      side: side, block: number, firstIndex: indices.lowerBound, rowOffsets: offsets,
      columns: columns,
      values: coded ? .coded(codes: codes, dictionary: dictionary) : .plain(values),
      distinctColumnCount: Set(columns).count)
  }
}

/// Plain alternating least squares in Double: whole matrices, one loop after another.
enum DenseAlternation {
  /// Solves a symmetric positive definite system by elimination with pivoting.
  static func solve(_ matrix: [[Double]], _ vector: [Double]) -> [Double] {
    var rows = zip(matrix, vector).map { $0 + [$1] }
    let order = rows.count
    for column in 0..<order {
      let best = (column..<order).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
      rows.swapAt(column, best)
      for row in 0..<order where row != column && rows[row][column] != 0 {
        let scale = rows[row][column] / rows[column][column]
        for position in column...order { rows[row][position] -= scale * rows[column][position] }
      }
    }
    return (0..<order).map { rows[$0][order] / rows[$0][$0] }
  }

  static func factors(_ table: FactorTable) -> [[Double]] {
    (0..<table.rowCount).map { table.factors($0).map(Double.init) }
  }

  /// The factors of every row of a side, from the fixed side's factors.
  static func phase(
    _ ratings: TestRatings, _ side: Side, fixed: [[Double]], _ settings: Hyperparameters
  ) -> [[Double]] {
    let rank = settings.rank
    let block = ratings.block(side)
    return (0..<block.rowCount).map { row in
      var matrix = [[Double]](repeating: [Double](repeating: 0, count: rank), count: rank)
      var vector = [Double](repeating: 0, count: rank)
      for rating in block.ratings(ofRow: row) {
        let y = fixed[Int(block.columns[rating])]
        for i in 0..<rank {
          vector[i] += Double(block.value(at: rating)) * y[i]
          for j in 0..<rank { matrix[i][j] += y[i] * y[j] }
        }
      }
      let ridge = settings.ridge(count: block.ratings(ofRow: row).count)
      for i in 0..<rank { matrix[i][i] += ridge }
      return solve(matrix, vector)
    }
  }

  /// Σ (r − x·y)².
  static func squaredError(
    _ ratings: TestRatings, users: [[Double]], items: [[Double]]
  ) -> Double {
    ratings.cells.reduce(0) { sum, cell in
      let error = Double(cell.value) - dot(users[cell.user], items[cell.item])
      return sum + error * error
    }
  }

  static func dot(_ x: [Double], _ y: [Double]) -> Double {
    zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
