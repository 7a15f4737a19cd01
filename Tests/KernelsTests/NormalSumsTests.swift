import BlockMatrix
import CSystem
import Kernels
import Testing

/// A run of ratings and the memory that its sums want.
struct SummedRun {
  let width: Int
  let rank: Int
  let factors: AlignedFloats
  let columns: [UInt32]
  let targets: AlignedFloats
  let weights: AlignedFloats?
  let biasPosition: Int
  let matrix: AlignedFloats
  let vector: AlignedFloats
  let squares: Double

  init(
    _ set: InstructionSet, rank: Int, count: Int, isWeighted: Bool = false, hasBias: Bool = false
  ) throws {
    let kernels = try KernelSet.select(set)
    var numbers = TestNumbers(seed: rank * 1000 + count)
    self.rank = rank
    width = FactorTable.stride(rank: rank, hasBias: hasBias)
    biasPosition = hasBias ? rank : -1
    let rows = 50
    var table = [Float](repeating: 0, count: rows * width)
    for row in 0..<rows {
      for position in 0..<rank + (hasBias ? 1 : 0) {
        table[row * width + position] = numbers.float()
      }
    }
    factors = AlignedFloats(table)
    columns = (0..<count).map { _ in UInt32.random(in: 0..<UInt32(rows), using: &numbers) }
    targets = AlignedFloats(numbers.floats(count))
    weights = isWeighted ? AlignedFloats(numbers.floats(count)) : nil
    let panel = AlignedFloats(count: 2 * KernelSet.panelRows(width: width) * width)
    matrix = AlignedFloats([Float](repeating: .nan, count: width * width))
    vector = AlignedFloats([Float](repeating: .nan, count: width))
    squares = unsafe columns.withUnsafeBufferPointer {
      [factors, width, targets, weights, biasPosition, matrix, vector] columns in
      // An empty run reads no column.
      unsafe kernels.accumulateRatings(
        RatingRun(
          factors: factors.base, width: width,
          columns: columns.baseAddress
            ?? UnsafeRawPointer(factors.base).assumingMemoryBound(to: UInt32.self),
          count: count, ahead: 0, targets: targets.base, weights: weights?.unchanging,
          bias_position: biasPosition),
        NormalSums(panel: panel.base, matrix: matrix.base, vector: vector.base))
    }
  }

  /// A fixed row as the equations see it: a one in the place of its bias, then zeros.
  func row(_ rating: Int) -> [Double] {
    var row = (0..<width).map { Double(factors.values[Int(columns[rating]) * width + $0]) }
    if biasPosition >= 0 { row[biasPosition] = 1 }
    return row
  }
}

@Suite struct `Normal equations` {
  @Test(arguments: InstructionSet.supported)
  func `equal a plain loop at every length`(set: InstructionSet) throws {
    for count in Array(0...67) + [95, 96, 97, 200] {
      try check(SummedRun(set, rank: 33, count: count))
      try check(SummedRun(set, rank: 17, count: count, isWeighted: true))
      try check(SummedRun(set, rank: 16, count: count, hasBias: true))
    }
  }

  @Test(arguments: [1, 2, 7, 10, 15, 16, 17, 31, 32, 33, 48, 64, 100, 128, 129, 256])
  func `equal a plain loop at every rank`(rank: Int) throws {
    for set in InstructionSet.supported {
      try check(SummedRun(set, rank: rank, count: 40))
      try check(SummedRun(set, rank: rank, count: 40, isWeighted: true, hasBias: true))
    }
  }

  @Test(arguments: [1, 16, 31, 64, 100, 256])
  func `have the same bits on every instruction set`(rank: Int) throws {
    let sets = InstructionSet.supported
    for count in [1, 2, 95, 300] {
      let sums = try sets.map { try SummedRun($0, rank: rank, count: count, isWeighted: true) }
      for other in sums.dropFirst() {
        #expect(
          other.vector.values.map(\.bitPattern) == sums[0].vector.values.map(\.bitPattern))
        #expect(
          upperBlocks(other.matrix.values, other.width)
            == upperBlocks(
              sums[0].matrix.values, other.width))
        #expect(other.squares.bitPattern == sums[0].squares.bitPattern)
      }
    }
  }

  /// The bits of the blocks of 16 × 16 on and above the diagonal.
  private func upperBlocks(_ matrix: [Float], _ width: Int) -> [UInt32] {
    (0..<width).flatMap { row in
      (row / 16 * 16..<width).map { matrix[row * width + $0].bitPattern }
    }
  }

  private func check(_ sums: SummedRun) {
    let width = sums.width
    var matrix = [Double](repeating: 0, count: width * width)
    var vector = [Double](repeating: 0, count: width)
    var squares = 0.0
    for rating in sums.columns.indices {
      let y = sums.row(rating)
      let target = Double(sums.targets.values[rating])
      let weight = sums.weights.map { Double($0.values[rating]) } ?? 1
      squares += target * target
      for i in 0..<width where y[i] != 0 {
        vector[i] += target * y[i]
        for j in i / 16 * 16..<width { matrix[i * width + j] += weight * y[i] * y[j] }
      }
    }
    let tolerance = 1e-6 * Double(sums.columns.count + 1)
    var worst = abs(sums.squares - squares)
    let actualVector = sums.vector.values
    let actualMatrix = sums.matrix.values
    for i in 0..<width {
      worst = max(worst, abs(Double(actualVector[i]) - vector[i]))
      for j in i / 16 * 16..<width {
        let difference = abs(Double(actualMatrix[i * width + j]) - matrix[i * width + j])
        worst = difference.isNaN ? .infinity : max(worst, difference)
      }
    }
    #expect(worst <= tolerance, "rank \(sums.rank), \(sums.columns.count) ratings")
  }
}
