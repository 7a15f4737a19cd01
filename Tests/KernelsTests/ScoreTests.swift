import BlockMatrix
import Kernels
import Testing

@Suite struct `Scores` {
  @Test(arguments: InstructionSet.supported)
  func `every pair has the bits of its prediction`(set: InstructionSet) throws {
    let kernels = try KernelSet.select(set)
    for (rank, hasBias) in [(1, false), (7, true), (16, false), (33, true), (64, false)] {
      var numbers = TestNumbers(seed: rank)
      let users = 11
      let items = 70
      let width = FactorTable.stride(rank: rank, hasBias: hasBias)
      let biasPosition = hasBias ? rank : -1
      let mean: Float = hasBias ? 3.5 : 0
      let userRows = AlignedFloats(numbers.floats(users * width))
      let itemRows = AlignedFloats(numbers.floats(items * width))
      let depth = KernelSet.packedDepth(rank: rank, biasPosition: biasPosition)
      let packedUsers = AlignedFloats(count: 2 * 8 * depth)
      let packedItems = AlignedFloats(count: 3 * 32 * depth)
      for user in 0..<16 {
        unsafe kernels.packUser(
          user < users ? UnsafePointer(userRows.base + user * width) : nil, rank, biasPosition,
          mean, user % 8, packedUsers.base + user / 8 * 8 * depth)
      }
      unsafe kernels.packItems(itemRows.base, width, items, rank, biasPosition, packedItems.base)
      let stride = 112
      let scores = AlignedFloats(count: 16 * stride)
      unsafe kernels.score(packedUsers.base, 2, packedItems.base, 3, depth, scores.base, stride)
      for user in 0..<users {
        for item in 0..<items {
          let predicted = unsafe kernels.predict(
            userRows.base + user * width, itemRows.base + item * width, rank, biasPosition, mean)
          #expect(scores.values[user * stride + item].bitPattern == predicted.bitPattern)
          var exact = 0.0
          if hasBias {
            exact += Double(mean + userRows.values[user * width + rank])
            exact += Double(itemRows.values[item * width + rank])
          }
          for p in 0..<rank {
            exact +=
              Double(userRows.values[user * width + p]) * Double(itemRows.values[item * width + p])
          }
          #expect(abs(Double(predicted) - exact) < 1e-5)
        }
      }
    }
  }

  @Test(arguments: InstructionSet.supported)
  func `the first value above a threshold is found`(set: InstructionSet) throws {
    let kernels = try KernelSet.select(set)
    for count in 0...67 {
      var numbers = TestNumbers(seed: count)
      let values = numbers.floats(count)
      let memory = AlignedFloats(values)
      for start in 0...count {
        for threshold in [-2, 0.8, 2] as [Float] {
          let expected = (start..<count).first { values[$0] > threshold } ?? count
          #expect(unsafe kernels.firstAbove(memory.base, start, count, threshold) == expected)
        }
      }
    }
  }
}
