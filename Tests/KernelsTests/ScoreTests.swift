import BlockMatrix
import Kernels
import Testing

@Suite struct `Scores` {
  @Test(arguments: InstructionSet.supported)
  func `every pair has the bits of its prediction`(set: InstructionSet) throws {
    let kernels = try KernelSet.select(set)
    for (rank, hasBias) in [(1, false), (7, true), (16, false), (33, true), (64, false)] {
      var numbers = TestNumbers(seed: rank)
      let (users, items) = (KernelSet.scoredUsers, KernelSet.scoredItems)
      let width = FactorTable.stride(rank: rank, hasBias: hasBias)
      let biasPosition = hasBias ? rank : -1
      let mean: Float = hasBias ? 3.5 : 0
      let userRows = AlignedFloats(numbers.floats(users * width))
      let itemRows = AlignedFloats(numbers.floats(items * width))
      func column(_ row: ArraySlice<Float>, _ biases: (Float) -> [Float]) -> [Float] {
        (hasBias ? biases(row[row.startIndex + rank]) : []) + row.prefix(rank)
      }
      let depth = rank + (hasBias ? 2 : 0)
      let packedUsers = AlignedFloats(count: users * depth)
      let packedItems = AlignedFloats(count: items * depth)
      for user in 0..<users {
        let row = userRows.values[user * width..<(user + 1) * width]
        for (line, value) in column(row, { [mean + $0, 1] }).enumerated() {
          unsafe packedUsers.base[line * users + user] = value
        }
      }
      for item in 0..<items {
        let row = itemRows.values[item * width..<(item + 1) * width]
        for (line, value) in column(row, { [1, $0] }).enumerated() {
          unsafe packedItems.base[line * items + item] = value
        }
      }
      let scores = AlignedFloats(count: users * items)
      let thresholds = AlignedFloats([-100, 100, 0, 0.25, 0.5, 1, 2, 3])
      let reached = unsafe kernels.scoreTile(
        packedUsers.base, packedItems.base, depth, thresholds.base, scores.base)
      for user in 0..<users {
        let line = scores.values[user * items..<(user + 1) * items]
        #expect(
          (reached >> UInt32(user)) & 1
            == (line.contains { $0 >= thresholds.values[user] } ? 1 : 0))
        for item in 0..<items {
          let predicted = unsafe kernels.predict(
            userRows.base + user * width, itemRows.base + item * width, rank, biasPosition, mean)
          #expect(line[user * items + item].bitPattern == predicted.bitPattern)
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
  func `a score that equals its threshold reaches it`(set: InstructionSet) throws {
    let kernels = try KernelSet.select(set)
    let users = AlignedFloats([1, 2, 3, 4, 5, 6, 7, 8])
    for item in 0..<KernelSet.scoredItems {
      var row = [Float](repeating: 0, count: KernelSet.scoredItems)
      row[item] = 2
      let items = AlignedFloats(row)
      let thresholds = AlignedFloats([2, 4.5, 6, 8.5, 10, 12.5, 14, 16.5])
      let scores = AlignedFloats(count: 8 * KernelSet.scoredItems)
      let reached = unsafe kernels.scoreTile(
        users.base, items.base, 1, thresholds.base, scores.base)
      #expect(reached == 0b0101_0101)
    }
  }
}
