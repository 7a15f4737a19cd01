import BlockMatrix
import Workers

/// What looking at every byte of a partition or a model has found.
package struct Verification: Sendable, Equatable {
  package enum Kind: String, Sendable { case partition, model }

  package let kind: Kind
  package let directory: String
  /// Everything that is wrong, in the order of the files.
  package internal(set) var failures: [Failure] = []
  /// What is worth knowing and no damage.
  package internal(set) var notes: [String] = []
  /// Files that were looked at, whole or not.
  package internal(set) var fileCount = 0
  package internal(set) var byteCount = 0
  /// Of a partition's ratings, or of the newest whole generation's factors.
  package internal(set) var digest: String?

  init(_ kind: Kind, _ directory: String) {
    self.kind = kind
    self.directory = directory
  }

  /// Checks a directory, whichever of both it is.
  ///
  /// Damage is reported, not thrown.
  ///
  /// - Throws: `.missingInput` where there is neither.
  package static func run(
    _ directory: String, in fileSystem: any FileSystem, workers: Int
  ) throws(Failure) -> Verification {
    let directory = Path.trimmed(directory)
    switch try kind(of: directory, in: fileSystem) {
    case .partition: return try partition(directory, in: fileSystem, workers: workers)
    case .model: return try model(directory, in: fileSystem)
    }
  }

  /// Tells a partition from a model.
  ///
  /// - Throws: `.missingInput` where there is neither.
  package static func kind(
    of directory: String, in fileSystem: any FileSystem
  ) throws(Failure) -> Kind {
    let directory = Path.trimmed(directory)
    if try fileSystem.status("\(directory)/\(ModelDirectory.generationsName)") != nil {
      return .model
    }
    if try fileSystem.status("\(directory)/\(Manifest.fileName)") != nil { return .partition }
    throw try StandingDirectory.neither(directory, in: fileSystem)
  }

  /// Counts a file, and runs the check of it; a failure is written down.
  mutating func check<Output>(
    _ byteCount: Int, _ body: () throws(Failure) -> Output
  ) -> Output? {
    fileCount += 1
    self.byteCount += byteCount
    do throws(Failure) { return try body() } catch {
      failures.append(error)
      return nil
    }
  }

  /// Writes down what does not fit, at a place.
  mutating func require(_ holds: Bool, at place: String, _ message: @autoclosure () -> String) {
    guard !holds else { return }
    failures.append(Failure(.data, at: place, message(), hint: ShardFile.damageHint))
  }
}
