import BlockMatrix
import CSystem
import Kernels
import Testing

@Suite struct `Rows times a matrix` {
  @Test(arguments: InstructionSet.supported)
  func `are chains of fused multiply-adds, in place too`(set: InstructionSet) throws {
    let kernels = try KernelSet.select(set)
    let lanes = KernelSet.stripColumns
    for (count, width) in [(1, 16), (16, 16), (47, 48), (50, 64), (97, 80)] {
      var numbers = TestNumbers(seed: count)
      let rows = numbers.floats(count * width)
      let matrix = numbers.floats(width * width)
      let strips = AlignedFloats(count: (width + lanes - 1) / lanes * lanes * width)
      for p in 0..<width {
        for column in 0..<width {
          let strip = column / lanes * lanes * width
          unsafe strips.base[strip + p * lanes + column % lanes] = matrix[p * width + column]
        }
      }
      let output = AlignedFloats(rows)
      let panel = AlignedFloats(count: KernelSet.productPanel(width: width))
      unsafe kernels.multiplyRows(
        RowProduct(
          rows: output.base, count: count, width: width, strips: strips.base, panel: panel.base,
          output: output.base))
      for row in 0..<count {
        for column in 0..<width {
          let chain = (0..<width).reduce(Float(0)) {
            $0.addingProduct(rows[row * width + $1], matrix[$1 * width + column])
          }
          #expect(output.values[row * width + column].bitPattern == chain.bitPattern)
        }
      }
    }
  }
}
