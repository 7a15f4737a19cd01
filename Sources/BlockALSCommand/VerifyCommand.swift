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

  @Option(help: "Threads that work at once. (default: the cores granted to this process)")
  var workers: Int?

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    try GrantedCores.validate(workers)
  }

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let verification = try Verification.run(
      directory, in: fileSystem, workers: workers ?? GrantedCores.count(in: fileSystem))
    try Output.write(
      Self.lines(verification), orJSON: json ? Self.object(verification) : nil)
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

  private static func lines(_ verification: Verification) -> String {
    let failures = verification.failures.map { "\($0.place): \($0.message)\n" }
    let notes = verification.notes.map { "note: \($0)\n" }
    let end =
      verification.failures.isEmpty
      ? "\(verification.directory): a whole \(verification.kind.rawValue): "
        + "\(verification.fileCount.grouped) files, \(ByteSize.describe(verification.byteCount)), "
        + "all checksums and rules hold"
        + (verification.digest.map { "; digest \($0)" } ?? "") + "\n"
      : ""
    return (failures + notes).joined() + end
  }

  private static func object(_ verification: Verification) -> JSONText {
    .object([
      ("kind", .string(verification.kind.rawValue)),
      ("directory", .string(verification.directory)),
      ("whole", .bool(verification.failures.isEmpty)),
      ("files", .int(verification.fileCount)),
      ("bytes", .int(verification.byteCount)),
      ("digest", verification.digest.map { .string($0) } ?? .null),
      (
        "failures",
        .array(
          verification.failures.map {
            .object([("place", .string($0.place)), ("message", .string($0.message))])
          })
      ),
      ("notes", .array(verification.notes.map { .string($0) })),
    ])
  }
}
