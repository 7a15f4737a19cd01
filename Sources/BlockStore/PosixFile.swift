import BlockMatrix
import CSystem
import Glibc
import Workers

/// A file descriptor that is closed when its last owner has gone.
final class Descriptor: Sendable {
  let path: String
  let number: Int32
  private let isOpen: Locked<Bool>
  private let isOwned: Bool

  /// - Parameter isOwned: Whether to close it; the standard streams stay open.
  init(_ number: Int32, path: String, isOwned: Bool = true) {
    self.number = number
    self.path = path
    self.isOwned = isOwned
    isOpen = Locked(true)
  }

  deinit { _ = closeOnce() }

  /// Opens a path without ever waiting for a pipe's other end.
  convenience init(
    opening path: String, _ flags: Int32, for purpose: FilePurpose, to action: String
  ) throws(Failure) {
    let place = try PosixPlace(path, for: purpose)
    try self.init(
      opening: place.name, in: place.directory, path, flags, for: purpose, to: action)
  }

  /// Opens a name in an open directory.
  convenience init(
    opening name: String, in directory: Int32, _ path: String, _ flags: Int32,
    for purpose: FilePurpose, to action: String
  ) throws(Failure) {
    let flags = flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    while true {
      // No child inherits a file, or a lock, of ours, and no terminal becomes ours.
      let number = unsafe csystem_open(directory, name, flags, 0o644)
      if number >= 0 {
        self.init(number, path: path)
        return
      }
      guard errno == EINTR else { throw Failure.system(errno, action, path, for: purpose) }
    }
  }

  /// What the descriptor is open on.
  func status() throws(Failure) -> stat {
    var status = stat()
    guard unsafe fstat(number, &status) == 0 else {
      throw Failure.system(errno, "look at", path, for: .reading)
    }
    return status
  }

  /// Waits for pipes again; only opening them must not.
  func makeBlocking() throws(Failure) {
    let flags = fcntl(number, F_GETFL)
    guard flags >= 0, fcntl(number, F_SETFL, flags & ~O_NONBLOCK) == 0 else {
      throw Failure.system(errno, "open", path, for: .reading)
    }
  }

  /// Writes everything, however many calls that takes.
  func writeAll(_ bytes: borrowing RawSpan) throws(Failure) {
    let error: Int32 = unsafe bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        // Linux moves less than 2 GiB in one call.
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
        let count = unsafe write(number, rest.baseAddress, min(rest.count, 1 << 30))
        if count > 0 {
          written += count
        } else if count == 0 {
          // A call that writes nothing and gives no reason: asking for ever would be worse.
          return ENOSPC
        } else if errno != EINTR {
          return errno
        }
      }
      return 0
    }
    guard error == 0 else { throw Failure.system(error, "write", path, for: .writing) }
  }

  /// Flushes to the disk, once: after a failure the kernel forgets which pages were lost.
  func synchronize() throws(Failure) {
    guard fsync(number) == 0 else {
      throw Failure.system(errno, "flush to the disk", path, for: .writing)
    }
  }

  func closeChecked() throws(Failure) {
    let error = closeOnce()
    // Linux closes the descriptor even where it reports an interruption.
    guard error == 0 || error == EINTR else {
      throw Failure.system(error, "close", path, for: .writing)
    }
  }

  private func closeOnce() -> Int32 {
    guard isOwned else { return 0 }
    let wasOpen = isOpen.withLock { isOpen in
      defer { isOpen = false }
      return isOpen
    }
    return wasOpen && close(number) != 0 ? errno : 0
  }
}

/// A descriptor that is read from.
final class PosixReadableFile: ReadableFile {
  private let descriptor: Descriptor
  let byteCount: Int
  var path: String { descriptor.path }

  init(_ descriptor: Descriptor, byteCount: Int) {
    self.descriptor = descriptor
    self.byteCount = byteCount
  }

  func read(upTo count: Int) throws(Failure) -> [UInt8] {
    let wanted = min(max(0, count), 1 << 30)
    var error: Int32 = 0
    let number = descriptor.number
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
      var got = -1
      repeat {
        got = unsafe Glibc.read(number, buffer.baseAddress, wanted)
      } while got < 0 && errno == EINTR
      error = got < 0 ? errno : 0
      filled = max(0, got)
    }
    guard error == 0 else { throw Failure.system(error, "read", path, for: .reading) }
    return bytes
  }

  func read(count: Int, at offset: Int) throws(Failure) -> [UInt8] {
    let (end, overflow) = offset.addingReportingOverflow(count)
    // Before memory is asked for: the numbers may be those of a damaged file.
    guard count >= 0, offset >= 0, !overflow, end <= byteCount else {
      throw endsEarly(at: byteCount, wanted: "\(count) bytes at offset \(offset)")
    }
    var error: Int32 = 0
    let number = descriptor.number
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = 0
      while filled < count {
        let rest = unsafe UnsafeMutableRawBufferPointer(
          UnsafeMutableBufferPointer(rebasing: buffer[filled...]))
        let got = unsafe pread(
          number, rest.baseAddress, min(rest.count, 1 << 30), offset + filled)
        if got > 0 {
          filled += got
        } else if got == 0 {
          return
        } else if errno != EINTR {
          error = errno
          return
        }
      }
    }
    guard error == 0 else { throw Failure.system(error, "read", path, for: .reading) }
    guard bytes.count == count else {
      throw endsEarly(at: offset + bytes.count, wanted: "\(count) bytes at offset \(offset)")
    }
    return bytes
  }

  private func endsEarly(at end: Int, wanted: String) -> Failure {
    Failure(.data, at: path, "the file ends at byte \(end), but it should have \(wanted)")
  }
}

/// A descriptor that is written to.
final class PosixWritableFile: WritableFile {
  private let descriptor: Descriptor
  /// Whether there is a disk to flush to: not behind a pipe or a terminal.
  private let isDurable: Bool
  var path: String { descriptor.path }

  init(_ descriptor: Descriptor, isDurable: Bool = true) {
    self.descriptor = descriptor
    self.isDurable = isDurable
  }

  func write(_ bytes: borrowing RawSpan) throws(Failure) { try descriptor.writeAll(bytes) }

  func commit() throws(Failure) {
    if isDurable { try descriptor.synchronize() }
    try descriptor.closeChecked()
  }

  func close() throws(Failure) { try descriptor.closeChecked() }
}
