import Foundation
import Testing

/// Runs the built command on several ranks of this machine, as a user would.
enum MPIRunner {
  static let needs: Comment = "needs Open MPI, and libblockals-mpi.so beside the command: make mpi"

  static let isThere: Bool = {
    let library = URL(fileURLWithPath: CommandRunner.path).deletingLastPathComponent()
      .appendingPathComponent("libblockals-mpi.so").path
    guard FileManager.default.fileExists(atPath: library), let mpirun,
      let answer = try? CommandRunner.run(["--version"], program: mpirun, environment: environment)
    else { return false }
    return answer.output.contains("Open MPI")
  }()

  private static let mpirun: String? =
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map { "\($0)/mpirun" }.first { FileManager.default.isExecutableFile(atPath: $0) }

  /// Containers run everything as root.
  private static let environment = [
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
  ]

  static func run(
    _ arguments: [String], ranks: Int, in folder: String, command: String = CommandRunner.path,
    watch: (Int32) throws -> Void = { _ in }
  ) throws -> CommandResult {
    try CommandRunner.run(
      ["-np", "\(ranks)", "--oversubscribe", "--bind-to", "none", command] + arguments,
      in: folder, program: #require(mpirun), environment: environment,
      watch: watch)
  }

  /// The processes that mpirun has started, in the order of their ranks.
  static func ranks(startedBy process: Int32) throws -> [Int32] {
    let list = try String(
      contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
    return list.split(separator: " ").compactMap { Int32($0) }
  }
}
