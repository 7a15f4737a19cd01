import Kernels
import Testing

@Suite struct `Eigenvectors` {
  @Test(arguments: InstructionSet.supported)
  func `are orthogonal and rebuild their matrix`(set: InstructionSet) throws {
    let kernels = try KernelSet.select(set)
    for (width, order) in [(16, 1), (16, 5), (16, 16), (32, 20), (64, 64), (112, 100)] {
      var numbers = TestNumbers(seed: order)
      var matrix = [Double](repeating: 0, count: width * width)
      for i in 0..<order {
        for j in 0...i {
          matrix[i * width + j] = Double(numbers.float())
          matrix[j * width + i] = matrix[i * width + j]
        }
      }
      var work = matrix
      var values = [Double](repeating: .nan, count: width)
      var vectors = [Double](repeating: .nan, count: width * width)
      var space = [Double](repeating: .nan, count: 3 * width)
      #expect(unsafe kernels.symmetricEigen(&work, width, &values, &vectors, &space))
      var worst = 0.0
      for i in 0..<width {
        for j in 0..<width {
          var product = 0.0
          var rebuilt = 0.0
          for p in 0..<width {
            product += vectors[i * width + p] * vectors[j * width + p]
            rebuilt += values[p] * vectors[p * width + i] * vectors[p * width + j]
          }
          worst = max(worst, abs(product - (i == j ? 1 : 0)))
          worst = max(worst, abs(rebuilt - matrix[i * width + j]))
        }
      }
      #expect(worst < 1e-11, "order \(order)")
      // Padding stays apart.
      for i in order..<width { #expect(vectors[i * width + i] == 1 && values[i] == 0) }
    }
  }

  @Test func `of a matrix that is not finite there are none`() throws {
    let kernels = try KernelSet.select(nil)
    for bad in [Double.nan, .infinity] {
      var matrix = [Double](repeating: 1, count: 256)
      matrix[17] = bad
      var values = [Double](repeating: 0, count: 16)
      var vectors = [Double](repeating: 0, count: 256)
      var space = [Double](repeating: 0, count: 48)
      #expect(unsafe !kernels.symmetricEigen(&matrix, 16, &values, &vectors, &space))
    }
  }
}
