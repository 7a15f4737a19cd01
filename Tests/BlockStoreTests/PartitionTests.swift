import BlockMatrix
import BlockStore
import TestSupport
import Testing

@Suite struct `A partition` {
  let directory: TemporaryDirectory
  init() throws { directory = try TemporaryDirectory() }

  @Test(arguments: [1, 2, 7], [true, false])
  func `reads back as it was written`(blocks: Int, coded: Bool) throws {
    let path = directory.file("p")
    let grids = Worked.grids(blocks, blocks)
    let written = try Worked.writePartition(
      path, grids: grids, holdout: Worked.holdout, coded: coded)
    let partition = try Partition.open(path, in: PosixFileSystem())
    #expect(partition.facts == written)
    #expect(written.ratingCount == 8 && written.lowestValue == 1 && written.highestValue == 5)
    for side in Side.allCases {
      for (block, expected) in Worked.blocks(side, grids, coded: coded).enumerated() {
        #expect(try partition.readBlock(block, of: side) == expected)
      }
      #expect(try partition.readIds(side) == TinyRatings.idTable(side))
    }
    #expect(try partition.readHoldout() == Worked.holdout)
  }

  @Test func `has a digest that does not depend on blocks, but on everything else`() throws {
    let one = try Worked.writePartition(directory.file("one"), grids: Worked.grids(1, 1))
    let many = try Worked.writePartition(directory.file("many"), grids: Worked.grids(3, 2))
    let plain = try Worked.writePartition(directory.file("plain"), coded: false)
    let held = try Worked.writePartition(directory.file("held"), holdout: Worked.holdout)
    #expect(one.digest == many.digest && one.digest == plain.digest && one.digest.count == 32)
    #expect(held.digest != one.digest)
  }

  @Test func `is not written over another, and leaves nothing behind`() throws {
    let path = directory.file("p")
    let facts = try Worked.writePartition(path)
    #expect(throws: OutputClaim.taken(path, by: "holds something else")) {
      try Worked.writePartition(path, coded: false)
    }
    #expect(try Worked.writePartition(path) == facts)
    #expect(try Partition.open(path, in: PosixFileSystem()).facts == facts)
    #expect(try PosixFileSystem().list(directory.path) == ["p"])
  }
}
