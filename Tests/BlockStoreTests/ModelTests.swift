import BlockMatrix
import BlockStore
import TestSupport
import Testing

@Suite struct `A model` {
  let directory: TemporaryDirectory
  let model: ModelDirectory
  let partition: Partition
  init() throws {
    directory = try TemporaryDirectory()
    try Worked.writePartition(directory.file("p"))
    model = try ModelDirectory.openOrCreate(directory.file("m"), in: PosixFileSystem())
    partition = try Partition.open(directory.file("p"), in: PosixFileSystem())
    try model.copyIds(from: partition)
  }

  @Test(arguments: [1, 3, 16, 17, 100], [true, false])
  func `reads its factors back, bit by bit`(rank: Int, hasBias: Bool) throws {
    #expect(try model.newestGood() == nil)
    try Worked.writeGeneration(3, to: model, of: partition, rank: rank, hasBias: hasBias)
    try Worked.writePartition(directory.file("q"), grids: Worked.grids(3, 1))
    let other = try Partition.open(directory.file("q"), in: PosixFileSystem())
    try Worked.writeGeneration(
      12, to: model, of: other, rank: rank, hasBias: hasBias)
    #expect(try model.generations() == [12, 3])
    let newest = try #require(try model.newestGood())
    #expect(newest.number == 12 && newest.refused.isEmpty && newest.facts.rank == rank)
    for side in Side.allCases {
      let written = try Worked.factors(side, rank: rank, hasBias: hasBias)
      #expect(newest.factors[side].bits == written.bits)
      #expect(try model.readIds(side) == TinyRatings.idTable(side))
    }
  }

  @Test func `keeps the newest generations`() throws {
    for number in 1...4 { try Worked.writeGeneration(number, to: model, of: partition) }
    try model.prune(keep: 2)
    #expect(try model.generations() == [4, 3])
    try model.clear()
    #expect(try model.generations() == [] && model.readLog() == [])
  }

  @Test func `keeps a log`() throws {
    try model.appendLog(#"{"event":"phase","iteration":1}"#)
    try model.appendLog(#"{"event":"iteration","iteration":1}"#)
    #expect(try model.readLog().count == 2)
    try model.rewriteLog([#"{"event":"phase","iteration":1}"#])
    #expect(try model.readLog() == [#"{"event":"phase","iteration":1}"#])
    try model.appendLog(#"{"event":"phase","iteration":2}"#)
    #expect(try model.readLog().last == #"{"event":"phase","iteration":2}"#)
  }
}
