import BlockMatrix
import BlockStore
import RatingInput
import Workers

/// Ratings as text into a partition on the disk.
package enum Partitioner {
  /// Reads ratings and writes them as blocks, in both orientations.
  ///
  /// The partition depends on the ratings and the settings that speak of them; not on the order of
  /// lines (unless duplicates of one time are settled by `last`), workers or memory. Its digest
  /// does not depend on the blocks either.
  ///
  /// - Parameters:
  ///   - inputs: Paths; `-` is `standardInput`, where there is one.
  ///   - output: The partition's directory. Where it exists, it has to be the very partition that
  ///     the ratings and settings lead to, as after a run that was killed at its end.
  ///   - progress: Called by any worker, often.
  /// - Throws: What is wrong with input, settings, memory or disk; `.stopped` on request. Nothing
  ///   is left behind then.
  package static func run(
    _ settings: PartitionSettings, inputs: [String], output: String,
    in fileSystem: any FileSystem, standardInput: (any ReadableFile)? = nil,
    progress: @escaping @Sendable (PartitionProgress) -> Void = { _ in }
  ) throws(Failure) -> (PartitionFacts, PartitionSummary) {
    try settings.check()
    let added = try AddedRatings(settings, in: fileSystem)
    let opened =
      try InputFiles.inputs(inputs, in: fileSystem, standardInput: standardInput)
      + InputFiles.outputs(of: settings.commands, stop: settings.stop)
    guard !opened.isEmpty else { throw InputFiles.noneNamed }
    var rejects: RejectsFile?
    // Both names are claimed before anything is read: to hear that one is taken should cost nobody
    // an hour.
    if let path = settings.rejects { rejects = try RejectsFile(path, in: fileSystem) }
    let writer: PartitionWriter
    do throws(Failure) {
      writer = try PartitionWriter(output, in: fileSystem)
    } catch {
      rejects?.abandon()
      throw error
    }
    do throws(Failure) {
      let inputByteCount =
        settings.commands.isEmpty ? InputFiles.byteCount(of: inputs, in: fileSystem) : nil
      if writer.isTaken {
        try refuseOther(
          writer.directory, settings,
          inputByteCount: inputByteCount.flatMap { added.inputByteCount(besides: $0) },
          in: fileSystem)
      }
      let memory = PartitionMemory(settings)
      let run = PartitionRun(
        settings: settings, inputs: opened, added: added, given: nil,
        inputByteCount: inputByteCount,
        writer: writer, fileSystem: fileSystem, memory: memory,
        budget: MemoryBudget(limit: memory.readingLimit), progress: progress)
      return try run.run { badLines throws(Failure) in
        try rejects?.commit(badLines, names: opened.map(\.name))
      }
    } catch {
      // The list goes last: the directories that hold both may have been made for it. It stays
      // where the partition has appeared, and only flushing the directory above failed.
      writer.abandon()
      if !writer.hasAppeared { rejects?.abandon() }
      throw error
    }
  }

  /// Writes ratings that are in memory as blocks: the same bytes as for text of the same ratings.
  ///
  /// - Parameter output: A directory that does not exist yet.
  /// - Throws: As for text. Nothing is left behind then.
  package static func run(
    _ settings: PartitionSettings, given: GivenRatings, output: String,
    in fileSystem: any FileSystem
  ) throws(Failure) -> (PartitionFacts, PartitionSummary) {
    try settings.check()
    let writer = try PartitionWriter(output, in: fileSystem)
    do throws(Failure) {
      let memory = PartitionMemory(settings)
      return try PartitionRun(
        settings: settings, inputs: [], added: AddedRatings(settings, in: fileSystem),
        given: given, inputByteCount: nil, writer: writer, fileSystem: fileSystem, memory: memory,
        budget: MemoryBudget(limit: memory.readingLimit),
        progress: { _ in }
      ).run { _ in }
    } catch {
      writer.abandon()
      throw error
    }
  }

  /// Refuses, before anything is read, an output that cannot be what is to be made.
  ///
  /// What it says of itself is believed only where that refuses it.
  private static func refuseOther(
    _ directory: String, _ settings: PartitionSettings, inputByteCount: Int?,
    in fileSystem: any FileSystem
  ) throws(Failure) {
    let facts: PartitionFacts
    do throws(Failure) {
      facts = try Partition.open(directory, in: fileSystem).facts
    } catch  where [.missingInput, .data, .mismatch].contains(error.code) {
      throw OutputClaim.taken(directory)
    }
    var differences: [String] = []
    if facts.duplicates != settings.duplicates.rawValue { differences.append("--duplicates") }
    if facts.holdout.map({ HoldoutRule($0) }) != settings.holdout {
      differences.append("--holdout")
    }
    if facts.times?.halfLife != settings.halfLife?.milliseconds {
      differences.append("--half-life")
    }
    for side in Side.allCases {
      let wanted = settings.blockCounts[side]
      if wanted.map({ $0 != facts.grids[side].blockCount }) ?? false {
        differences.append("--\(side.rawValue)-blocks")
      }
    }
    if let made = facts.inputByteCount, let inputByteCount, made != inputByteCount {
      differences.append("input")
    }
    guard differences.isEmpty else {
      throw OutputClaim.taken(
        directory, by: "was made with other \(differences.joined(separator: ", "))")
    }
  }
}
