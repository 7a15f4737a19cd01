import BlockMatrix
import CSystem
import Kernels
import Testing

/// A positive definite system in padded memory.
private struct System {
  let width: Int
  let order: Int
  let matrix: AlignedFloats
  let vector: AlignedFloats
  let ridge: AlignedFloats

  init(_ rows: [[Float]], _ right: [Float], ridge: Float) {
    order = right.count
    width = FactorTable.stride(rank: order, hasBias: false)
    matrix = AlignedFloats(count: width * width)
    vector = AlignedFloats(count: width)
    self.ridge = AlignedFloats(count: width)
    for i in 0..<width {
      unsafe self.ridge.base[i] = i < order ? ridge : 1
      guard i < order else { continue }
      unsafe vector.base[i] = right[i]
      for j in 0..<order { unsafe matrix.base[i * width + j] = rows[i][j] }
    }
  }

  /// MᵀM of a random M, and its solution for a random right side.
  init(order: Int, ridge: Float, seed: Int) {
    var numbers = TestNumbers(seed: seed)
    let factors = (0..<order + 10).map { _ in numbers.floats(order) }
    let rows = (0..<order).map { i in
      (0..<order).map { j in factors.reduce(0) { $0 + $1[i] * $1[j] } }
    }
    self.init(rows, numbers.floats(order), ridge: ridge)
  }

  /// `nil` where floats cannot solve it.
  func solve(_ set: InstructionSet) throws -> [Float]? {
    let kernels = try KernelSet.select(set)
    let factor = AlignedFloats([Float](repeating: .nan, count: width * width))
    let inverses = AlignedFloats(count: width)
    let solution = AlignedFloats(count: width)
    let system = unsafe CholeskySystem(
      matrix: matrix.base, ridge: ridge.base, vector: vector.base, width: width, order: order,
      least: ridge.base[0], factor: factor.base, inverses: inverses.base, solution: solution.base)
    guard unsafe kernels.solve(system) else { return nil }
    #expect(solution.values[order...].allSatisfy { $0 == 0 })
    return Array(solution.values[..<order])
  }

  /// |(A + ridge)x − b| / |b|, in Double.
  func residual(_ x: [Float]) -> Double {
    var squares = 0.0
    var scale = 0.0
    for i in 0..<order {
      var sum = Double(ridge.values[i]) * Double(x[i]) - Double(vector.values[i])
      for j in 0..<order { sum += Double(matrix.values[i * width + j]) * Double(x[j]) }
      squares += sum * sum
      scale += Double(vector.values[i]) * Double(vector.values[i])
    }
    return (squares / scale).squareRoot()
  }
}

@Suite struct `Cholesky` {
  @Test(arguments: InstructionSet.supported)
  func `solves three ratings at rank two`(set: InstructionSet) throws {
    // Rows [1,2] → 4, [1,3] → 9, [1,4] → 16.
    // numpy.linalg.solve([[3, 9], [9, 29]] + ridge * numpy.eye(2), [29, 99])
    for (ridge, expected) in [
      (0, [-8.333333, 6.0]), (1.5, [-0.1155556, 3.28]),
    ] as [(Float, [Float])] {
      let system = System([[3, 9], [9, 29]], [29, 99], ridge: ridge)
      let solution = try #require(try system.solve(set))
      for (x, y) in zip(solution, expected) { #expect(abs(x - y) < 1e-4) }
    }
  }

  @Test(arguments: [1, 2, 7, 10, 15, 16, 17, 31, 32, 33, 48, 64, 100, 128, 129])
  func `leaves next to no residual, with the same bits everywhere`(order: Int) throws {
    let system = System(order: order, ridge: 1, seed: order)
    var bits: [[UInt32]] = []
    for set in InstructionSet.supported {
      let solution = try #require(try system.solve(set))
      #expect(system.residual(solution) < 2e-5)
      bits.append(solution.map(\.bitPattern))
    }
    #expect(bits.allSatisfy { $0 == bits[0] })
  }

  @Test(arguments: InstructionSet.supported)
  func `refuses what is not positive definite`(set: InstructionSet) throws {
    #expect(try System([[1, 2], [2, 1]], [1, 1], ridge: 0).solve(set) == nil)
    #expect(try System([[0]], [1], ridge: 0).solve(set) == nil)
    #expect(try System([[.nan]], [1], ridge: 0).solve(set) == nil)
    #expect(try System([[.infinity]], [1], ridge: 0).solve(set) == nil)
    #expect(try System([[1, 1], [1, 1]], [1, 1], ridge: 0).solve(set) == nil)
    #expect(try System([[1]], [.infinity], ridge: 0).solve(set) == nil)
    #expect(try System([[1]], [1], ridge: 0).solve(set) == [1])
  }

  /// λ = 2 + δ / 2 and δ / 2, nearly.
  @Test(arguments: InstructionSet.supported)
  func `refuses what is too ill-conditioned, whatever the pivots say`(set: InstructionSet) throws {
    for (difference, isSolved) in [(0x1p-10, true), (0x1p-14, true), (0x1p-19, false)] {
      let system = System([[1, 1], [1, 1 + Float(difference)]], [1, 2], ridge: 0)
      #expect(try (system.solve(set) != nil) == isSolved)
      // Where a ridge rules the smallest eigenvalue, no more has to be known.
      let raised = System([[1, 1], [1, 1 + Float(difference)]], [1, 2], ridge: 0x1p-14)
      #expect(try raised.solve(set) != nil)
    }
  }

  @Test(arguments: InstructionSet.supported)
  func `measures a quadratic form in Double`(set: InstructionSet) throws {
    let kernels = try KernelSet.select(set)
    for order in [1, 16, 17, 40] {
      let system = System(order: order, ridge: 0, seed: order)
      var numbers = TestNumbers(seed: 9)
      let x = AlignedFloats(
        numbers.floats(order) + [Float](repeating: 0, count: system.width - order))
      var expected = 0.0
      for i in 0..<order {
        for j in 0..<order {
          expected +=
            Double(system.matrix.values[i * system.width + j]) * Double(x.values[i])
            * Double(x.values[j])
        }
      }
      let actual = unsafe kernels.quadraticForm(system.matrix.base, x.base, system.width)
      #expect(abs(actual - expected) <= 1e-12 * abs(expected))
    }
  }
}
