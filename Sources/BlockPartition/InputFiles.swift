import BlockMatrix
import BlockStore
import RatingInput

/// A file of the store, as the parser reads it.
private final class FileSource: ByteSource {
  let name: String
  let byteCount: Int?
  private let file: any ReadableFile

  init(_ file: any ReadableFile, name: String) {
    self.file = file
    self.name = name
    // A length of 0 is also what pipes say.
    byteCount = file.byteCount > 0 ? file.byteCount : nil
  }

  func read(upTo count: Int) throws(Failure) -> [UInt8] { try file.read(upTo: count) }
}

package enum InputFiles {
  /// The inputs that paths name, unopened; `-` is `standardInput`, where there is one.
  package static func inputs(
    _ paths: [String], in fileSystem: any FileSystem, standardInput: (any ReadableFile)? = nil
  ) throws(Failure) -> [RatingInput] {
    guard !paths.isEmpty else { throw Failure(.usage, "no file of ratings is named") }
    guard paths.count(where: { $0 == "-" }) <= 1 else {
      throw Failure(.usage, at: "-", "standard input can be read only once")
    }
    return paths.map { path in
      if path == "-", let standardInput {
        return RatingInput(name: "standard input", isRepeatable: false) {
          FileSource(standardInput, name: "standard input")
        }
      }
      return RatingInput(name: path) { () throws(Failure) in
        FileSource(try fileSystem.open(path, streaming: true), name: path)
      }
    }
  }

  /// Bytes of all inputs together; `nil` where one is no regular file.
  static func byteCount(of paths: [String], in fileSystem: any FileSystem) -> Int? {
    var sum = 0
    for path in paths {
      // One pipe among them, and nobody knows how much is to come.
      guard path != "-", let status = try? fileSystem.status(path), status.kind == .file else {
        return nil
      }
      sum += status.byteCount
    }
    return sum
  }
}
