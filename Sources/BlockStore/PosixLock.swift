import BlockMatrix
import Glibc

extension PosixFileSystem {
  package func lock(_ path: String, owner: String) throws(Failure) -> any FileLock {
    while true {
      let descriptor = try regularFile(path, O_RDWR | O_CREAT | O_NOFOLLOW, to: "lock")
      guard flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 else {
        guard errno == EWOULDBLOCK else {
          throw Failure.system(errno, "lock", path, for: .writing)
        }
        throw Failure(
          .output, at: path, "is locked by \(holder(of: path))",
          hint: "wait until that process has ended, or stop it")
      }
      // A former holder may have removed the file between our opening and locking it: then our
      // lock is on a file that nobody sees.
      var named = stat()
      let held = try descriptor.status()
      guard unsafe lstat(path, &named) == 0, named.st_ino == held.st_ino,
        named.st_dev == held.st_dev
      else { continue }
      guard ProcessName.isOwner(text(of: path)) else {
        throw Failure(
          .output, at: path, "stands where a lock of ours would, and is none",
          hint: "choose another name for the output, or move that file away")
      }
      do throws(Failure) {
        guard ftruncate(descriptor.number, 0) == 0 else {
          throw Failure.system(errno, "lock", path, for: .writing)
        }
        try descriptor.writeAll(unsafe Array("\(owner)\n".utf8).span.bytes)
      } catch {
        // We hold it, so nobody misses it: a disk that is full gets no file more from us.
        try? removeFile(path)
        throw error
      }
      return PosixLock(descriptor)
    }
  }

  /// Who wrote itself into a lock file, as far as that can be read.
  private func holder(of path: String) -> String {
    let line = text(of: path).prefix { $0 != 0x0A }
    return line.isEmpty ? "another process" : printable(line)
  }

  /// As much of a file as a lock has at most, and a little more.
  private func text(of path: String) -> [UInt8] {
    (try? open(path, streaming: false).read(upTo: 400)) ?? []
  }
}

/// A lock that the kernel takes back when the process ends, however it ends.
final class PosixLock: FileLock {
  private let descriptor: Descriptor

  init(_ descriptor: Descriptor) { self.descriptor = descriptor }

  // Neither call can fail in a way that matters: nothing was written. Closing alone would leave the
  // lock to a process that was just started here, for the moment until it runs a program of its
  // own.
  func release() {
    _ = flock(descriptor.number, LOCK_UN)
    try? descriptor.closeChecked()
  }
}

/// Who holds a lock, for the message to whoever finds it held.
enum ProcessName {
  /// `process 4711 on host`.
  static var current: String {
    "process \(getpid())" + (HostName.known.map { " on \($0)" } ?? "")
  }

  /// Whether a file's bytes are those of a lock, which may be written over: what ``current`` says
  /// and a line end, or nothing, as whoever died early leaves it.
  static func isOwner(_ bytes: [UInt8]) -> Bool {
    guard !bytes.isEmpty else { return true }
    let prefix = Array("process ".utf8)
    guard bytes.count < 400, bytes.starts(with: prefix), bytes.last == 0x0A else { return false }
    let rest = bytes.dropFirst(prefix.count).dropLast()
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    let host = rest.dropFirst(digits.count)
    return !digits.isEmpty && (host.isEmpty || host.starts(with: Array(" on ".utf8)))
      && !host.contains(0x0A)
  }
}

/// The machine that this process runs on.
package enum HostName {
  package static var current: String { known ?? "an unknown host" }

  /// `nil` where the operating system does not say.
  fileprivate static var known: String? {
    var name = [CChar](repeating: 0, count: 256)
    let isKnown = unsafe name.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return false }
      return unsafe gethostname(start, buffer.count - 1) == 0
    }
    return isKnown ? printable(name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }) : nil
  }
}
