import BlockMatrix
import BlockStore
import TestSupport
import Testing
import Training

@Suite struct `Fold masks` {
  @Test func `every rating is held out in exactly one fold`() {
    for user in 0..<UInt32(50) {
      for item in 0..<UInt32(40) {
        let folds = (0..<5).filter {
          FoldMask(fold: $0, of: 5, seed: 3).holdsOut(user: user, item: item)
        }
        #expect(folds.count == 1)
      }
    }
  }

  @Test func `folds have about equal shares`() {
    let mask = FoldMask(fold: 1, of: 4, seed: 9)
    let held = (0..<UInt32(200)).reduce(0) { sum, user in
      sum + (0..<UInt32(200)).count { mask.holdsOut(user: user, item: $0) }
    }
    // Binomial with n = 40000, p = 1/4: standard deviation 87.
    #expect(abs(held - 10_000) < 5 * 87)
  }

  @Test(arguments: [1, 3])
  func `training and held-out ratings are the whole, whatever the blocks`(blocks: Int) throws {
    let folder = try TemporaryDirectory()
    let matrix = RatingMatrix.random(userCount: 40, itemCount: 30, ratingCount: 400, seed: 5)
    let partition = try matrix.partition(
      at: folder.file("p"), userBlocks: blocks, itemBlocks: blocks)
    let mask = FoldMask(fold: 0, of: 3, seed: 1)
    let source = try RatingBlockSource(partition, mask: mask, keeps: false, workers: 2)
    var seen: [(Int, Int)] = []
    for side in Side.allCases {
      var counts: [UInt32] = []
      var pairs: [(Int, Int)] = []
      for number in 0..<blocks {
        let block = try source.block(number, of: side)
        for row in 0..<block.rowCount {
          counts.append(UInt32(block.ratings(ofRow: row).count))
          for position in block.ratings(ofRow: row) {
            let own = block.firstIndex + row
            let other = Int(block.columns[position])
            pairs.append(side == .user ? (own, other) : (other, own))
          }
        }
      }
      #expect(counts == source.counts[side])
      pairs.sort { $0 < $1 }
      if side == .user { seen = pairs } else { #expect(pairs.elementsEqual(seen, by: ==)) }
    }
    let held = try source.heldOut(workers: 2)
    #expect(seen.count + held.count == matrix.ratings.count)
    #expect(source.ratingCount == seen.count)
    for position in 0..<held.count {
      #expect(mask.holdsOut(user: held.users[position], item: held.items[position]))
    }
  }
}
