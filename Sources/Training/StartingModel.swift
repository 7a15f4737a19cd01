import BlockMatrix
import BlockStore

/// A model whose factors another training begins with, in place of the seed's.
///
/// Its generation is the one that it answers from. What its rows are is known by their digest,
/// which is one of the settings of the model that begins with them.
package struct StartingModel: Sendable {
  package let facts: GenerationFacts
  /// Of the factors, as `verify` and `inspect` print it.
  package let digest: String
  private let model: ModelDirectory
  private let rows: PerSide<FactorRows>

  /// Opens a model to begin with it, every byte checked.
  ///
  /// - Throws: `.missingInput` where there is none; `.data` where a generation of it is damaged: to
  ///   begin with an older one would be another training.
  package static func open(
    _ directory: String, in fileSystem: any FileSystem, workers: Int
  ) throws(Failure) -> StartingModel {
    let model = try ModelDirectory.open(directory, in: fileSystem)
    let (chosen, refused) = try model.settled { refused throws(Failure) in
      try model.chosen(refused: &refused, workers: workers)
    }
    if let damaged = refused.first { throw damaged.failure }
    guard let (facts, rows) = chosen else {
      throw Failure(
        .missingInput, at: directory, "holds no generation to start from",
        hint: "train it until its first checkpoint")
    }
    return StartingModel(
      facts: facts, digest: try Digest.factors(rows), model: model, rows: rows)
  }

  /// Refuses to begin a model of another shape, or in place of itself.
  ///
  /// - Parameter replaced: A model that is thrown away first.
  /// - Throws: `.mismatch` with what differs; `.usage` where the start is thrown away.
  func check(
    _ hyperparameters: Hyperparameters, replacing replaced: ModelDirectory?
  ) throws(Failure) {
    // By what it holds, as one directory may have many paths.
    if let replaced, (try? replaced.facts(ofGeneration: facts.iteration)) == facts {
      throw Failure(
        .usage, setting: "start-from",
        "\(replaced.directory) holds this very model, and --fresh throws it away",
        hint: "train into another directory, or go on with it by --resume")
    }
    let theirs = facts.hyperparameters
    let difference: String
    if theirs.rank != hyperparameters.rank {
      difference = "has rank \(theirs.rank), \(hyperparameters.rank) is asked for"
    } else if theirs.hasBias != hyperparameters.hasBias {
      difference = theirs.hasBias ? "has biases" : "has no biases"
    } else if hyperparameters.isNonnegative, !theirs.isNonnegative {
      difference = "has factors below zero"
    } else {
      return
    }
    throw Failure(
      .mismatch, at: model.directory, "cannot be started from: it \(difference)",
      hint: "train another model of this shape first, or leave --start-from out")
  }

  /// The bytes that matching a side's ids takes beside those of the partition.
  func memoryOfIds(_ side: Side) throws(Failure) -> Int {
    // Its ids, and for each the index in the partition.
    try model.memoryOfIds(side, of: facts) + facts.rowCount(of: side) * 16
  }

  /// The rows of a side that both have, matched by id; zeros elsewhere.
  ///
  /// - Parameter indices: The rows of the partition that are wanted.
  /// - Complexity: O(rows of both · rank): the start is read once, from its first row to its last.
  func rows(
    _ side: Side, _ indices: Range<Int>, of partition: Partition
  ) throws(Failure) -> StartingRows {
    let matches = try model.readIds(side, of: facts).indices(in: partition.readIds(side))
    let rows = rows[side]
    let table = try FactorTable(rowCount: indices.count, rank: rows.rank, hasBias: rows.hasBias)
    var isNew = [Bool](repeating: true, count: indices.count)
    for range in rows.ranges {
      let part = try rows.table(of: range)
      for row in range {
        guard let index = matches[row], indices.contains(Int(index)) else { continue }
        let position = Int(index) - indices.lowerBound
        table.setRow(position, to: row - range.lowerBound, of: part)
        isNew[position] = false
      }
    }
    return StartingRows(table: table, isNew: isNew)
  }
}

/// The rows that a training begins with, as far as the model that it starts from has them.
struct StartingRows {
  let table: FactorTable
  /// Of each row whether it is zero, and has still to be found.
  let isNew: [Bool]
}
