import CSystem
import Kernels
import Testing

@Suite struct `Non-negative rows` {
  /// The conditions of Karush, Kuhn and Tucker, for positive factors (which make every x want to be
  /// in) and mixed ones, with few ratings (singular but for the ridge) and many.
  @Test(arguments: [(16, 5, 3), (16, 16, 40), (32, 24, 10), (48, 48, 200), (64, 50, 12)])
  func `are at the minimum, with the same bits everywhere`(
    width: Int, order: Int, ratings: Int
  ) throws {
    for isPositive in [true, false] {
      for ridge: Float in [1, 0.01] {
        var numbers = TestNumbers(seed: width + ratings)
        var matrix = [Float](repeating: 0, count: width * width)
        var vector = [Float](repeating: 0, count: width)
        for _ in 0..<ratings {
          let factors = numbers.floats(order).map { isPositive ? abs($0) : $0 }
          let target = 3 + numbers.float()
          for i in 0..<order {
            vector[i] += target * factors[i]
            for j in 0..<order { matrix[i * width + j] += factors[i] * factors[j] }
          }
        }
        let diagonal = (0..<width).map { $0 < order ? ridge : 1 }
        var solutions: Set<[UInt32]> = []
        for set in InstructionSet.supported {
          let solution = AlignedFloats(count: width)
          let (square, work) = (
            AlignedFloats(count: width * width), AlignedFloats(count: 4 * width)
          )
          let (inverses, gradient) = (AlignedFloats(count: width), AlignedFloats(count: width))
          let (given, ridges) = (AlignedFloats(matrix), AlignedFloats(diagonal))
          let right = AlignedFloats(vector)
          let isDone = unsafe try KernelSet.select(set).solveNonnegative(
            NonnegativeSystem(
              matrix: given.base, diagonal: ridges.base, vector: right.base, width: width,
              tolerance: 1e-6, least: ridge, sweeps: 2000, square: square.base,
              work: work.base, inverses: inverses.base, gradient: gradient.base,
              solution: solution.base))
          #expect(isDone)
          solutions.insert(solution.values.map(\.bitPattern))
          let x = solution.values
          let largest = Double(x.max() ?? 0)
          for i in 0..<width {
            var slope = Double(diagonal[i]) * Double(x[i]) - Double(vector[i])
            for j in 0..<width { slope += Double(matrix[i * width + j]) * Double(x[j]) }
            let step = slope / Double(matrix[i * width + i] + diagonal[i])
            #expect(x[i] >= 0)
            #expect(step > -1e-5 * largest)
            #expect(x[i] == 0 || step < 1e-5 * largest)
          }
        }
        #expect(solutions.count == 1)
      }
    }
  }
}
