import Kernels
import LeastSquares
import TestSupport
import Testing

@Suite struct `Eigenvectors` {
  /// Numbers between −1 and 1 in the first rows and columns; zeros behind them.
  private static func symmetric(order: Int, width: Int) throws -> DoubleMatrix {
    let matrix = try DoubleMatrix(width: width)
    for i in 0..<order {
      for j in 0...i {
        let number = Double((i * 7919 + j * 104_729 + i * j * 31) % 2003) / 1001.5 - 1
        matrix[i, j] = number
        matrix[j, i] = number
      }
    }
    return matrix
  }

  @Test(arguments: InstructionSet.supported)
  func `are orthogonal and rebuild their matrix`(set: InstructionSet) throws {
    let kernels = try KernelSet.select(set)
    for (width, order) in [(16, 1), (16, 5), (16, 16), (32, 20), (64, 64), (112, 100)] {
      let matrix = try Self.symmetric(order: order, width: width)
      let eigen = try #require(
        try SymmetricEigen(
          try Self.symmetric(order: order, width: width), kernels: kernels, workers: 2))
      let (values, vectors) = (eigen.values, eigen.vectors)
      var worst = 0.0
      for i in 0..<width {
        for j in 0..<width {
          var product = 0.0
          var rebuilt = 0.0
          for p in 0..<width {
            product += vectors[i, p] * vectors[j, p]
            rebuilt += values[p] * vectors[p, i] * vectors[p, j]
          }
          worst = max(worst, abs(product - (i == j ? 1 : 0)))
          worst = max(worst, abs(rebuilt - matrix[i, j]))
        }
      }
      #expect(worst < 1e-11, "order \(order)")
      // Padding stays apart.
      for i in order..<width { #expect(vectors[i, i] == 1 && values[i] == 0) }
    }
  }

  @Test func `have the same bits for any workers and instruction set`() throws {
    var found: Set<[UInt64]> = []
    for set in InstructionSet.supported {
      for workers in [1, 2, 3, 8] {
        let eigen = try #require(
          try SymmetricEigen(
            try Self.symmetric(order: 150, width: 160), kernels: try KernelSet.select(set),
            workers: workers))
        let elements = (0..<160).flatMap { i in (0..<160).map { eigen.vectors[i, $0].bitPattern } }
        found.insert(eigen.values.map(\.bitPattern) + elements)
      }
    }
    #expect(found.count == 1)
  }

  @Test func `of a diagonal matrix are its axes, of equal values too`() throws {
    let matrix = try DoubleMatrix(width: 32)
    for i in 0..<32 { matrix[i, i] = Double(i / 4) }
    let eigen = try #require(
      try SymmetricEigen(matrix, kernels: try KernelSet.select(nil), workers: 1))
    for i in 0..<32 { #expect(eigen.values[i] == Double(i / 4) && abs(eigen.vectors[i, i]) == 1) }
  }

  @Test func `of a matrix that is not finite there are none`() throws {
    let kernels = try KernelSet.select(nil)
    for bad in [Double.nan, .infinity] {
      let matrix = try DoubleMatrix(width: 16)
      for i in 0..<16 { for j in 0..<16 { matrix[i, j] = 1 } }
      matrix[1, 1] = bad
      #expect(try SymmetricEigen(matrix, kernels: kernels, workers: 1) == nil)
    }
  }
}
