import BlockMatrix
import BlockStore
import RatingInput
import Workers

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

/// What a command writes, as the parser reads it.
private final class CommandSource: ByteSource {
  static let name = "the command's output"
  var name: String { Self.name }
  var byteCount: Int? { nil }
  private let output: CommandOutput

  init(_ output: CommandOutput) { self.output = output }

  func read(upTo count: Int) throws(Failure) -> [UInt8] { try output.read(upTo: count) }
}

package enum InputFiles {
  package static var noneNamed: Failure {
    Failure(
      .usage, "no file of ratings is named",
      hint: "name files, - for standard input, or a command with --from-command")
  }

  /// What commands write, each not started before its turn.
  static func outputs(of commands: [String], stop: StopRequest) -> [RatingInput] {
    commands.map { command in
      RatingInput(name: CommandSource.name, isRepeatable: false) { () throws(Failure) in
        CommandSource(try CommandOutput(command, stop: stop))
      }
    }
  }

  /// The inputs that paths name, unopened; `-` is `standardInput`, where there is one.
  package static func inputs(
    _ paths: [String], in fileSystem: any FileSystem, standardInput: (any ReadableFile)? = nil
  ) throws(Failure) -> [RatingInput] {
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
