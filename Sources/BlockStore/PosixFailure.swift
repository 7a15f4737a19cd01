import BlockMatrix
import Glibc

/// What a file is wanted for; the same error number means different things.
enum FilePurpose {
  case reading, writing
}

extension Failure {
  private static let closedPipeMessage = "cannot write: nobody reads the pipe any more"

  /// Whether the reader of our output has gone, as with `| head`: nothing is wrong with us.
  package var isClosedPipe: Bool { code == .io && message == Self.closedPipeMessage }

  /// What the operating system's error number means for a path.
  static func system(
    _ number: Int32, _ action: String, _ path: String, for purpose: FilePurpose
  ) -> Failure {
    if number == EPIPE { return Failure(.io, at: path, closedPipeMessage) }
    let reason = unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    let (code, hint) = meaning(of: number, for: purpose)
    return Failure(code, at: path, "cannot \(action): \(reason)", hint: hint)
  }

  private static func meaning(of number: Int32, for purpose: FilePurpose) -> (Code, String) {
    switch (number, purpose) {
    case (ENOENT, .reading), (ENOTDIR, .reading):
      (.missingInput, "check the path")
    case (ENOENT, .writing), (ENOTDIR, .writing):
      (.output, "make the directory first")
    case (EEXIST, _), (ENOTEMPTY, _):
      (.output, "choose another name, or remove it first")
    case (ELOOP, .writing):
      (.output, "a symbolic link stands there, and links are not followed: remove it")
    case (EACCES, _), (EPERM, _):
      (.permission, "check who owns it and what its mode permits")
    case (EROFS, _):
      (.permission, "the file system is mounted read-only")
    case (ENOSPC, _), (EDQUOT, _):
      (.io, "make room on the disk and run the same command again")
    case (EFBIG, _):
      (.io, "raise the limit on the size of files (ulimit -f) and run the same command again")
    case (ENOMEM, _):
      (.memory, "use less memory, or a machine with more")
    case (EMFILE, _), (ENFILE, _):
      (.memory, "raise the limit on open files (ulimit -n)")
    case (EIO, _):
      (.io, "the disk reports an error: check it before going on")
    default:
      (.io, "")
    }
  }
}
