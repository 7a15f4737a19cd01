import BlockMatrix
import BlockStore
import RatingInput
import Workers

/// Generated ratings as a file of CSV.
package enum GeneratedFile {
  /// Writes ratings under another name and, when all are on the disk, gives the file its own.
  ///
  /// - Throws: `.output` where the file exists already; `.stopped` on request. Nothing is left
  ///   behind then.
  package static func write(
    _ generator: RatingGenerator, to path: String, in fileSystem: any FileSystem, workers: Int,
    stop: StopRequest = StopRequest()
  ) throws(Failure) {
    guard try fileSystem.status(path) == nil else {
      throw Failure(
        .output, at: path, "exists already", hint: "choose another name, or remove it first")
    }
    let temporary = "\(path).tmp-\(RunName.random())"
    let file = try fileSystem.create(temporary)
    do throws(Failure) {
      try write(generator, to: file, workers: workers, stop: stop)
      try file.commit()
      try fileSystem.rename(temporary, to: path)
      try fileSystem.syncDirectory(Path.parent(of: path))
    } catch {
      try? file.close()
      try? fileSystem.removeTree(temporary)
      throw error
    }
  }

  /// Writes ratings to a file that is open; the caller closes it.
  package static func write(
    _ generator: RatingGenerator, to file: any WritableFile, workers: Int,
    stop: StopRequest = StopRequest()
  ) throws(Failure) {
    try file.write(RatingGenerator.header)
    let batches = generator.batches(ofRatings: 100_000)
    // Each round is made by all workers, and written in order.
    for start in stride(from: 0, to: batches.count, by: workers * 2) {
      guard !stop.isSet else {
        throw Failure(
          .stopped, "stopped on request; nothing was kept", hint: "run the same command again")
      }
      let round = batches[start..<min(batches.count, start + workers * 2)]
      let texts = try Parallel.map(round.count, workers: workers) { index in
        generator.text(ofUsers: batches[start + index])
      }
      for text in texts { try file.write(text) }
    }
  }
}
