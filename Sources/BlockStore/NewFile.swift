import BlockMatrix
import Workers

/// A file that appears under its name complete, by one rename, or not at all.
package final class NewFile {
  private let claim: OutputClaim
  private let file: any WritableFile

  /// Whether the file has its name, even where the directory could not be flushed afterwards.
  package var hasAppeared: Bool { claim.hasAppeared }

  package var path: String { claim.path }

  /// Whether a file had the name already: then what is written has to be what it holds.
  package var isTaken: Bool { claim.isTaken }

  /// Begins a file, and removes what dead writers of the same file have left.
  ///
  /// - Parameter makingParents: Whether to make the directories above it where they are missing.
  /// - Throws: `.output` where something that is no file has the name already, or another process
  ///   is writing it.
  package init(
    _ path: String, makingParents: Bool = false, in fileSystem: any FileSystem
  ) throws(Failure) {
    claim = try OutputClaim(path, .file, makingParents: makingParents, in: fileSystem)
    do throws(Failure) {
      file = try claim.create()
    } catch {
      claim.abandon()
      throw error
    }
  }

  deinit { abandon() }

  /// - Throws: Whatever the disk reports; `.output` where the name is taken, and holds something
  ///   else.
  package func write(_ bytes: [UInt8]) throws(Failure) { try file.write(bytes) }

  /// Flushes the file to the disk and gives it its name, if it has not got it already.
  package func commit() throws(Failure) {
    try file.commit()
    try claim.commit()
  }

  /// Removes what was written; nothing after a commit.
  package func abandon() {
    try? file.close()
    claim.abandon()
  }
}

/// A directory that appears under its name complete, by one rename, or not at all.
package final class NewDirectory {
  private let claim: OutputClaim
  private let stop: StopRequest

  /// Whether a directory had the name already: then what is written has to be what it holds.
  package var isTaken: Bool { claim.isTaken }

  /// Begins a directory, and those above it where they are missing; removes what dead writers of
  /// the same directory have left.
  ///
  /// - Parameter stop: Makes the next write fail.
  /// - Throws: `.output` where something that is no directory has the name already, or another
  ///   process is writing it.
  package init(
    _ path: String, in fileSystem: any FileSystem, stop: StopRequest = StopRequest()
  ) throws(Failure) {
    claim = try OutputClaim(path, .directory, makingParents: true, in: fileSystem)
    self.stop = stop
    do throws(Failure) {
      try fileSystem.makeDirectory(claim.temporary, withParents: false)
    } catch {
      claim.abandon()
      throw error
    }
  }

  deinit { abandon() }

  /// Writes a file in pieces, down to the disk.
  ///
  /// - Parameter piece: Piece 0, 1, … of the file.
  /// - Throws: Whatever the disk reports; `.output` where the name is taken, and holds something
  ///   else.
  package func write(
    _ name: String, pieces count: Int, piece: (Int) throws(Failure) -> [UInt8]
  ) throws(Failure) {
    let file = try claim.create(name)
    try file.complete { () throws(Failure) in
      for number in 0..<count {
        try stop.check()
        try file.write(try piece(number))
      }
    }
  }

  /// Makes the directory appear.
  package func commit() throws(Failure) {
    try stop.check()
    try claim.commit()
  }

  /// Removes what was written, and the directories made for it; nothing after a commit.
  package func abandon() { claim.abandon() }
}
