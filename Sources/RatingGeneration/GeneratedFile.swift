import BlockMatrix
import BlockStore
import Workers

/// Generated ratings as a file of CSV.
package enum GeneratedFile {
  /// Writes ratings under another name and, when all are on the disk, gives the file its own.
  ///
  /// - Returns: Whether the file was there already, with the same ratings.
  /// - Throws: `.output` where there is something else already; `.stopped` on request. Nothing is
  ///   left behind then.
  package static func write(
    _ generator: RatingGenerator, to path: String, in fileSystem: any FileSystem, workers: Int,
    stop: StopRequest = StopRequest()
  ) throws(Failure) -> Bool {
    let file = try NewFile(path, in: fileSystem)
    do throws(Failure) {
      try write(generator, workers: workers, stop: stop) { bytes throws(Failure) in
        try file.write(bytes)
      }
      try file.commit()
      return file.isTaken
    } catch {
      file.abandon()
      throw error
    }
  }

  /// Writes ratings to a file that is open; the caller closes it.
  package static func write(
    _ generator: RatingGenerator, to file: any WritableFile, workers: Int
  ) throws(Failure) {
    try write(generator, workers: workers, stop: StopRequest()) { bytes throws(Failure) in
      try file.write(bytes)
    }
  }

  private static func write(
    _ generator: RatingGenerator, workers: Int, stop: StopRequest,
    emit: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    try emit(RatingGenerator.header)
    let batches = generator.batches(ofRatings: 100_000)
    // Each round is made by all workers, and written in order.
    for start in stride(from: 0, to: batches.count, by: workers * 2) {
      try stop.check()
      let round = batches[start..<min(batches.count, start + workers * 2)]
      let texts = try Parallel.map(round.count, workers: workers) { index in
        generator.text(ofUsers: batches[start + index])
      }
      for text in texts { try emit(text) }
    }
  }
}
