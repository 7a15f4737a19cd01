import BlockMatrix
import BlockStore
import TestSupport
import Testing

@Suite struct `A model` {
  let directory: TemporaryDirectory
  let model: ModelDirectory
  init() throws {
    directory = try TemporaryDirectory()
    try Worked.writePartition(directory.file("p"))
    model = try ModelDirectory.openOrCreate(directory.file("m"), in: PosixFileSystem())
    try model.copyIds(from: try Partition.open(directory.file("p"), in: PosixFileSystem()))
  }

  @Test(arguments: [1, 3, 16, 17, 100], [true, false])
  func `reads its factors back, bit by bit`(rank: Int, hasBias: Bool) throws {
    #expect(try model.newestGood() == nil)
    try Worked.writeGeneration(3, to: model, rank: rank, hasBias: hasBias)
    try Worked.writeGeneration(
      12, to: model, rank: rank, hasBias: hasBias, grids: Worked.grids(3, 1))
    #expect(try model.generations() == [12, 3])
    let newest = try #require(try model.newestGood())
    #expect(newest.number == 12 && newest.refused.isEmpty && newest.facts.rank == rank)
    for side in Side.allCases {
      let written = try Worked.factors(side, rank: rank, hasBias: hasBias)
      #expect(newest.factors[side].rows == written.rows)
      #expect(try model.readIds(side) == Worked.ids(side))
    }
  }

  @Test func `keeps the newest generations`() throws {
    for number in 1...4 { try Worked.writeGeneration(number, to: model) }
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
