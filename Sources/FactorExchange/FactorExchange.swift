import BlockMatrix

/// How factors reach the workers that need them: the only place that knows of other processes.
///
/// A phase solves the blocks of one side. Between phases the factors just solved are *broadcast*:
/// each block of the other side gets the rows that its ratings refer to, Spark's out-block routing.
/// In one process that is a table that all workers share; over several, messages.
package protocol FactorExchange: Sendable {
  /// The blocks, out of `blockCount`, that this process solves.
  func ownedBlocks(of side: Side, blockCount: Int) -> [Int]

  /// Makes the rows of `table` readable wherever a block needs them.
  ///
  /// - Parameters:
  ///   - table: The factors just solved; complete for the blocks that this process owns.
  ///   - side: The side of `table`.
  ///   - routes: For each block of the opposite side, the number of different rows it refers to.
  /// - Returns: The bytes that a wire would have carried, with each block in a process of its own.
  func broadcast(_ table: FactorTable, of side: Side, routes: [Int]) throws(Failure) -> Int

  /// Completes row values of which each process knows those of its own blocks.
  func gather(_ rowValues: [Double], of side: Side) throws(Failure) -> [Double]
}

/// All workers in one process: the table that was solved is the table that is read.
package struct SharedMemoryExchange: FactorExchange {
  package init() {}

  package func ownedBlocks(of side: Side, blockCount: Int) -> [Int] { Array(0..<blockCount) }

  package func broadcast(
    _ table: FactorTable, of side: Side, routes: [Int]
  ) throws(Failure) -> Int {
    routes.reduce(0, +) * table.width * MemoryLayout<Float>.size
  }

  package func gather(_ rowValues: [Double], of side: Side) throws(Failure) -> [Double] {
    rowValues
  }
}
