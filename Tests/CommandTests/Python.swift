import Foundation

/// Runs Python with NumPy, where the machine has it.
enum Python {
  /// What a script prints; nothing where there is no Python or no NumPy.
  static func run(_ script: String, in folder: String) throws -> String? {
    let check = try start(["-c", "import numpy"], in: folder)
    guard check.status == 0 else { return nil }
    return try start(["-c", script], in: folder).output
  }

  /// The exit status of a run, and what it prints.
  static func start(
    _ arguments: [String], in folder: String
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3"] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }
}
