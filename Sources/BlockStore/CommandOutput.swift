import BlockMatrix
import CSystem
import Glibc
import Workers

/// What a command of the shell writes, believed only when the command has ended with 0.
///
/// The command is a group of processes of its own, without input, and what it says on standard
/// error is seen. Whoever stops reading ends it.
package final class CommandOutput: Sendable {
  private let descriptor: Descriptor
  private let stop: StopRequest
  /// The first process of the group; 0 when it has ended and been asked how.
  private let process: Locked<Int32>

  /// Starts the command.
  package init(_ command: String, stop: StopRequest) throws(Failure) {
    guard !command.utf8.contains(0) else {
      throw Failure(.usage, setting: Self.setting, "a zero byte in a command")
    }
    var output: Int32 = -1
    var process: Int32 = 0
    let error = unsafe csystem_run_shell(command, &output, &process)
    guard error == 0 else { throw Failure.system(error, "run sh", "/bin/sh", for: .reading) }
    descriptor = Descriptor(output, path: Self.setting)
    self.stop = stop
    self.process = Locked(process)
  }

  deinit { end() }

  private static let setting = "from-command"

  /// At most `count` bytes; none when the command has ended, and with 0.
  ///
  /// - Throws: `.io` where it has ended otherwise; `.stopped` on request.
  package func read(upTo count: Int) throws(Failure) -> [UInt8] {
    while true {
      try check()
      var poll = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
      // Woken now and then, to see whether it is to stop.
      guard unsafe Glibc.poll(&poll, 1, 100) > 0 else { continue }
      var error: Int32 = 0
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        let got = unsafe Glibc.read(descriptor.number, buffer.baseAddress, count)
        error = got < 0 ? errno : 0
        filled = max(0, got)
      }
      if error == EINTR { continue }
      guard error == 0 else {
        throw Failure.system(error, "read", "the command's output", for: .reading)
      }
      guard bytes.isEmpty else { return bytes }
      try finish()
      return []
    }
  }

  private func check() throws(Failure) {
    guard stop.isSet else { return }
    end()
    try stop.check()
  }

  /// Waits for the command's end.
  private func finish() throws(Failure) {
    while true {
      let status = process.withLock { process -> Int32? in
        guard process != 0 else { return 0 }
        guard let status = Self.status(of: process) else { return nil }
        process = 0
        return status
      }
      guard let status else {
        // It has closed its output, and goes on.
        usleep(2000)
        try check()
        continue
      }
      guard status == 0 else { throw Self.failure(status) }
      return
    }
  }

  private static func failure(_ status: Int32) -> Failure {
    let signal = status & 0x7F
    return Failure(
      .io, setting: setting,
      signal == 0
        ? "the command ended with status \(status >> 8 & 0xFF)"
        : "the command was ended by signal \(signal)",
      hint: "what it wrote is not believed; nothing was kept")
  }

  /// How a process has ended; `nil` while it runs.
  private static func status(of process: Int32) -> Int32? {
    var status: Int32 = 0
    let ended = unsafe waitpid(process, &status, WNOHANG)
    // Where somebody else has asked before, how it ended cannot be told.
    return ended == process ? status : ended < 0 && errno == ECHILD ? SIGKILL : nil
  }

  /// Ends the command with all that it has started, unless it has ended.
  private func end() {
    process.withLock { process in
      guard process != 0 else { return }
      let group = -process
      kill(group, SIGTERM)
      var patience = 500
      while Self.status(of: process) == nil {
        usleep(2000)
        patience -= 1
        if patience == 0 { kill(group, SIGKILL) }
      }
      // Those that it has left behind.
      kill(group, SIGKILL)
      process = 0
    }
  }
}
