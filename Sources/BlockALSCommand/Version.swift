import BlockStore
import CCommit
import Kernels

/// What this program is.
enum Version {
  static let number = "0.1.0"

  /// Its version, the commit that it was built from, what it computes with here, and its formats.
  static var text: String {
    let commit = unsafe String(cString: commit_of_sources())
    let sets = InstructionSet.supported.map(\.rawValue)
    let formats = FormatVersions.all.map { "\($0.name) \($0.version)" }
    return """
      blockals \(number)
      commit           \(commit.isEmpty ? "unknown" : commit)
      instruction set  \(sets.last ?? "none of this machine's")
      file formats     \(formats.joined(separator: ", "))
      """
  }
}
