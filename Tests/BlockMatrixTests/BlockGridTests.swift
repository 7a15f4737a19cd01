import BlockMatrix
import Testing

@Suite struct `A cut into blocks` {
  /// Many rows and few, more blocks than rows, rows without ratings, none at all.
  @Test(arguments: [[9, 7, 5, 3, 3, 2, 1, 1, 1, 0, 0], [4, 1], [0, 0, 0], []] as [[UInt32]])
  func `is the same when several hands make it`(counts: [UInt32]) {
    for blockCount in 1...5 {
      let start = BlockCut(
        blockCount: blockCount, rowCount: counts.count,
        ratingCount: counts.reduce(0) { $0 + Int($1) })
      for first in 0...counts.count {
        for second in first...counts.count {
          var state = start.state
          for run in [0..<first, first..<second, second..<counts.count] {
            var cut = start
            cut.resume(state)
            cut.add(Array(counts[run]))
            state = cut.state
          }
          var cut = start
          cut.resume(state)
          #expect(cut.grid == BlockGrid(counts: counts, blockCount: blockCount))
          #expect(
            cut.weights
              == (0..<blockCount).map { block in
                counts[cut.grid.indices(ofBlock: block)].reduce(0) { $0 + Int($1) + 1 }
              })
        }
      }
    }
  }
}
