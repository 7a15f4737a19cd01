import ArgumentParser
import BlockMatrix
import BlockStore

/// `blockals verify`: every checksum and rule of a partition or a model.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Checks every checksum and rule of a partition or a model.",
    discussion: """
      Reads every byte. Prints a line for each damaged place (file, section, offset, what is \
      wrong) and exits with 65, or prints one line and exits with 0. Nothing is changed.

      Examples:
        blockals verify ratings.blocks
        blockals verify model --json
      """
  )

  @Argument(help: "A partition or a model.", completion: .directory)
  var directory: String

  @OptionGroup var threads: WorkerOptions

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let verification = try Verification.run(
      directory, in: fileSystem, workers: threads.count(in: fileSystem))
    try Output.write(verification, asJSON: json)
    guard let first = verification.failures.first else { return }
    // One cause that is no damage, as a missing permission, keeps its own exit status.
    let codes = Set(verification.failures.map(\.code.rawValue))
    let isDamage = codes.count > 1 || first.isDamage || first.code == .bug
    let isUnread = [.io, .permission, .memory].contains(first.code) && !isDamage
    let count = verification.failures.count
    throw Failure(
      isDamage ? .data : first.code, at: verification.directory,
      (count == 1 ? "1 place" : "\(count) places")
        + (isUnread ? " cannot be read" : count == 1 ? " is damaged" : " are damaged"),
      hint: first.hint)
  }
}

extension Verification: Report {
  var text: String {
    let lines = failures.map { "\($0.place): \($0.message)\n" } + notes.map { "note: \($0)\n" }
    guard failures.isEmpty else { return lines.joined() }
    return lines.joined()
      + "\(directory): a whole \(kind.rawValue): \(fileCount.grouped) files, "
      + "\(ByteSize.describe(byteCount)), all checksums and rules hold"
      + (digest.map { "; digest \($0)" } ?? "") + "\n"
  }

  var json: JSONText {
    [
      "kind": .string(kind.rawValue), "directory": .string(directory),
      "whole": .bool(failures.isEmpty), "files": .int(fileCount), "bytes": .int(byteCount),
      "digest": digest.map { .string($0) } ?? .null,
      "failures": .list(failures) { failure in
        ["place": .string(failure.place), "message": .string(failure.message)]
      },
      "notes": .list(notes) { .string($0) },
    ]
  }
}
