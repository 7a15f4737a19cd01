import Foundation
import Testing

/// What a run of the command left behind.
struct CommandResult {
  let status: Int32
  let output: String
  let errors: String
  let outputBytes: [UInt8]
}

/// Runs the built command as a user would: a process of its own.
enum CommandRunner {
  /// The command, beside the test bundle that this code is in.
  static let path: String = {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    for argument in CommandLine.arguments where argument.hasSuffix(".xctest") {
      folder = URL(fileURLWithPath: argument).deletingLastPathComponent()
    }
    return folder.appendingPathComponent("blockals").path
  }()

  /// A signal to send, and when.
  struct Interruption {
    let signal: Int32
    /// Asked again and again until it says yes.
    let isDue: () throws -> Bool
  }

  /// Runs the command to its end, or kills it after `seconds`.
  ///
  /// The status is the exit code, or 128 and the number of the signal that ended the process.
  ///
  /// - Parameters:
  ///   - output: Where standard output goes, if it is not to be kept.
  ///   - program: What is run; the command itself unless something is to start it.
  ///   - environment: Variables besides those that every run gets.
  ///   - shell: What a shell does before it becomes the program, as to set a limit.
  ///   - watch: Called every 2 ms with the process's number.
  static func run(
    _ arguments: [String], input: [UInt8] = [], in folder: String? = nil, seconds: Double = 60,
    output: String? = nil, program: String = path, environment: [String: String] = [:],
    shell: String? = nil, interruption: Interruption? = nil,
    watch: (Int32) throws -> Void = { _ in }
  ) throws -> CommandResult {
    let scratch = FileManager.default.temporaryDirectory
      .appendingPathComponent("blockals-run-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    // Files, not pipes: a pipe that nobody empties would block the command.
    let files = ["in", "out", "err"].map { scratch.appendingPathComponent($0) }
    try Data(input).write(to: files[0])
    for file in files[1...] { try Data().write(to: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: shell == nil ? program : "/bin/sh")
    process.arguments =
      (shell.map { ["-c", "\($0); exec \"$0\" \"$@\"", program] } ?? []) + arguments
    process.environment = [
      "PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no", "COLUMNS": "80",
    ].merging(environment) { $1 }
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(
      forWritingTo: output.map { URL(fileURLWithPath: $0) } ?? files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    let deadline = Date(timeIntervalSinceNow: seconds)
    var interruption = interruption
    while process.isRunning, Date() < deadline {
      usleep(2000)
      try watch(process.processIdentifier)
      if let due = interruption, try due.isDue() {
        kill(process.processIdentifier, due.signal)
        interruption = nil
      }
    }
    if process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      Issue.record("\(program) \(arguments.joined(separator: " ")) ran longer than \(seconds) s")
    }
    process.waitUntilExit()
    let bytes = try Data(contentsOf: files[1])
    return CommandResult(
      status: process.terminationReason == .exit
        ? process.terminationStatus : 128 + process.terminationStatus,
      output: String(decoding: bytes, as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self),
      outputBytes: Array(bytes))
  }
}
