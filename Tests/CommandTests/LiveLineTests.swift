import Foundation
import TestSupport
import Testing

/// The live line of a training, as a terminal of some width sees it.
@Suite(.enabled(if: Terminal.isThere, "needs python3"))
struct `The live line` {
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    for command in [
      "generate --users 4000 --items 1500 --ratings 300000 -o r.csv",
      "partition r.csv -o r.blocks",
    ] {
      let words = command.split(separator: " ").map { String($0) }
      #expect(try CommandRunner.run(words, in: folder.path).status == 0)
    }
  }

  private static let train = "train r.blocks -o m --rank 256 --iterations 3 --workers 1"

  private func terminal(
    _ columns: Int, then later: Int? = nil, interrupt: Bool = false, _ environment: String = ""
  ) throws -> Terminal {
    try Terminal(
      Self.train, in: folder.path, columns: columns, then: later, interrupt: interrupt,
      environment)
  }

  @Test(arguments: [40, 80, 120])
  func `fits its terminal, and says how long it takes`(columns: Int) throws {
    let terminal = try terminal(columns)
    #expect(terminal.status == 0)
    #expect(terminal.live.count > 3)
    for line in terminal.live {
      #expect(line.count < columns)
      #expect(line.contains(/^iteration \d\/3 · \d+ s left · (items|users) \d+%/), "\(line)")
    }
    if columns == 120 {
      let last = try #require(terminal.live.last)
      #expect(last.contains(/objective [\d,.]+ · rmse [\d.]+ · [\d.]+ M ratings\/s$/))
    }
    // Nothing of it stays.
    #expect(!terminal.screen.contains { $0.contains("%") })
    #expect(terminal.screen.count { $0.hasPrefix("iteration ") } == 3)
  }

  @Test func `follows its terminal's width`() throws {
    let terminal = try terminal(120, then: 50)
    #expect(terminal.live.first.map { $0.count > 50 } == true)
    #expect(terminal.live.last.map { $0.count < 50 } == true)
  }

  @Test func `gives way to what is said when it is stopped`() throws {
    let terminal = try terminal(80, interrupt: true)
    #expect(terminal.status == 75)
    let said = terminal.screen.filter { $0.hasPrefix("blockals: stop") }
    #expect(said.count == 2)
    #expect(said.first == "blockals: stopping; press Ctrl-C again to end at once")
    #expect(said.last?.hasPrefix("blockals: stopped: ") == true)
  }

  @Test func `has no colours where nobody wants them, and is none on a dumb terminal`() throws {
    #expect(try terminal(80).raw.contains("\u{1B}[36m"))
    try FileManager.default.removeItem(atPath: folder.file("m"))
    let plain = try terminal(80, "NO_COLOR=1")
    #expect(!plain.live.isEmpty)
    #expect(!plain.raw.contains(/\u{1B}\[[\d;]*m/))
    try FileManager.default.removeItem(atPath: folder.file("m"))
    #expect(try terminal(80, "TERM=dumb").raw.contains("\u{1B}") == false)
  }

  @Test func `is not in a pipe`() throws {
    let words = Self.train.split(separator: " ").map { String($0) }
    let result = try CommandRunner.run(words, in: folder.path)
    #expect(!result.errors.contains("\u{1B}") && !result.errors.contains("%"))
    #expect(!result.errors.contains("\r"))
  }
}

/// A run of the command whose messages a terminal reads.
private struct Terminal {
  let status: Int
  /// All bytes that came.
  let raw: String
  /// Each state of a line that was taken away again.
  let live: [String]
  /// The lines that stay.
  let screen: [String]

  static let isThere = (try? Python.start(["-c", "import pty"], in: "/"))?.status == 0

  /// - Parameters:
  ///   - later: The columns that the terminal has after the first live line.
  ///   - interrupt: Whether to interrupt the command after the first live line.
  init(
    _ command: String, in folder: String, columns: Int, then later: Int?, interrupt: Bool,
    _ environment: String
  ) throws {
    let script = """
      import fcntl, os, pty, signal, struct, sys, termios
      def resize(fd, columns):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
      master, slave = pty.openpty()
      resize(master, int(sys.argv[1]))
      child = os.fork()
      if child == 0:
        os.setsid()
        os.dup2(slave, 2)
        null = os.open("/dev/null", os.O_RDWR)
        os.dup2(null, 0); os.dup2(null, 1)
        os.environ["TERM"] = "xterm"
        os.environ.pop("NO_COLOR", None)
        for item in sys.argv[4].split():
          name, value = item.split("=")
          os.environ[name] = value
        os.execv(sys.argv[5], sys.argv[5:])
      os.close(slave)
      text, begun = b"", False
      while True:
        try: more = os.read(master, 65536)
        except OSError: break
        if not more: break
        text += more
        if not begun and b"%" in text:
          begun = True
          if int(sys.argv[2]): resize(master, int(sys.argv[2]))
          if int(sys.argv[3]): os.kill(child, signal.SIGINT)
      sys.stdout.buffer.write(text)
      sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
      """
    let words = command.split(separator: " ").map { String($0) }
    let run = try Python.start(
      [
        "-c", script, "\(columns)", "\(later ?? 0)", interrupt ? "1" : "0", environment,
        CommandRunner.path,
      ] + words, in: folder)
    status = Int(run.status)
    raw = run.output
    let plain = raw.replacing(/\u{1B}\[[\d;]*m/, with: "")
    var live: [String] = []
    var screen: [String] = []
    for line in plain.replacing("\r\n", with: "\n").components(separatedBy: "\n") {
      // What takes a line away stands before what takes its place.
      let states = line.replacing(/\r\u{1B}\[\d+A\u{1B}\[J|\r\u{1B}\[K/, with: "\u{0}")
        .split(separator: "\u{0}", omittingEmptySubsequences: false).map { String($0) }
      live += states.dropLast().filter { !$0.isEmpty }
      screen.append(states.last ?? "")
    }
    self.live = live
    self.screen = screen
  }
}
