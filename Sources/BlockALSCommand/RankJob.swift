import BlockMatrix
import BlockStore
import FactorExchange
import Glibc
import Workers

/// The job that this process is a rank of, from joining it to leaving it.
///
/// A failure that all ranks meet, as a wrong setting, is said once and all leave; one that a single
/// rank meets is said with its number and host, and the whole job ends at once: the others could
/// only wait for what never comes.
final class RankJob: Sendable {
  let ranks: Ranks
  private let link: MPILink?
  private let desk = FailureDesk()

  /// How long other ranks are waited for that may be about to fail in the same way.
  private static let patience = 1.5

  /// Joins the job that this process was started in, if any.
  ///
  /// - Throws: `.missingInput` where MPI has started it and what knows MPI is not there, `.usage`
  ///   where Slurm has started processes that do not know of each other.
  init(_ launch: Launch) throws(Failure) {
    guard launch.isMPI else {
      try launch.requireNoSingletons(worldSize: 1)
      (link, ranks) = (nil, .alone)
      return
    }
    // A job of one process needs nothing of MPI but to have been started.
    guard launch.rankCount > 1 || launch.slurmTasks > 1 else {
      (link, ranks) = (nil, .alone)
      return
    }
    let link = try Self.join(launch)
    try launch.requireNoSingletons(worldSize: link.rankCount)
    self.link = link
    ranks = Ranks(link)
    ranks.deliver(.failure, to: desk)
    if ranks.speaks {
      // This rank may be about to fail in the same way, and then it says so.
      desk.onFirst(after: 2 * Self.patience) { [self] failures in end(because: failures) }
    }
  }

  /// Joins, or says itself what only this rank may have met: that there is no thread for it.
  private static func join(_ launch: Launch) throws(Failure) -> MPILink {
    do throws(Failure) { return try MPILink(libraryPlaces: libraryPlaces) } catch {
      if error.code == .memory, !launch.speaks {
        StandardError.insist(
          "blockals: error: rank \(launch.rank) on \(HostName.current): \(error)\n")
      }
      throw error
    }
  }

  /// The library stands beside the program, or where it is installed, or where a variable says.
  private static var libraryPlaces: [String] {
    let name = "libblockals-mpi.so"
    let named = unsafe getenv("BLOCKALS_MPI").map { unsafe String(cString: $0) }
    var path = [CChar](repeating: 0, count: 4096)
    let length = unsafe readlink("/proc/self/exe", &path, path.count - 1)
    let program = String(
      decoding: path.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = program.lastIndex(of: "/").map { String(program[..<$0]) } ?? "."
    return [named].compactMap(\.self) + ["\(folder)/\(name)", "\(folder)/../lib/\(name)", name]
  }

  /// Does this rank's work, and leaves the job.
  ///
  /// Ends the process where all ranks have met the same failure, which is said then.
  func run<Output>(_ work: (Ranks) throws(Failure) -> Output) throws(Failure) -> Output {
    guard let link else { return try work(ranks) }
    do throws(Failure) {
      let output = try work(ranks)
      link.finish()
      return output
    } catch {
      if ranks.speaks { speakOf(error) } else { report(error) }
      link.finish()
      Glibc.exit(error.code.rawValue)
    }
  }

  /// On rank 0: returns where all ranks have failed alike.
  private func speakOf(_ failure: Failure) {
    let own = RankFailure(failure)
    desk.take(own.encoded, from: 0)
    let begin = ContinuousClock.now
    while begin.seconds < Self.patience, desk.failures.count < ranks.count { usleep(10_000) }
    let failures = desk.failures
    guard failures.count == ranks.count, failures.values.allSatisfy({ $0.isLike(own) }) else {
      end(because: failures)
    }
    desk.close()
    // Before the others leave: the first that leaves with a status ends all that are there still.
    BlockALSCommand.say(failure)
    for other in ranks.others { try? ranks.send([], about: .failure, to: other) }
  }

  /// On another rank: returns where rank 0 says that all have failed alike.
  private func report(_ failure: Failure) {
    let own = RankFailure(failure)
    try? ranks.send(own.encoded, about: .failure, to: 0)
    let begin = ContinuousClock.now
    while begin.seconds < 4 * Self.patience, !desk.isAnswered { usleep(10_000) }
    if !desk.isAnswered { end(because: [ranks.rank: own]) }
  }

  /// Says what has happened where, and ends the job.
  private func end(because failures: [Int: RankFailure]) -> Never {
    // Those that wait for a lost rank fail because of it: the first cause says more.
    let causes = failures.filter { $0.value.code != .io || failures.count == 1 }
    let told = causes.isEmpty ? failures : causes
    for (rank, failure) in told.sorted(by: { $0.key < $1.key }) {
      StandardError.insist("blockals: error: rank \(rank) on \(failure.host): \(failure.text)\n")
    }
    let code = told.min { $0.key < $1.key }?.value.code ?? .io
    link?.abort(code.rawValue)
    Glibc.exit(code.rawValue)
  }
}

/// Why a rank cannot go on, as it tells rank 0.
private struct RankFailure: Sendable {
  let code: Failure.Code
  let host: String
  let text: String

  init(_ failure: Failure) {
    code = failure.code
    host = HostName.current
    text = failure.namingOption.description
  }

  /// `nil` for an answer, which is empty.
  init?(_ message: [UInt8]) {
    let parts = String(decoding: message, as: UTF8.self)
      .split(separator: "\u{0}", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let number = Int32(parts[0]), let code = Failure.Code(rawValue: number)
    else { return nil }
    (self.code, host, text) = (code, String(parts[1]), String(parts[2]))
  }

  var encoded: [UInt8] { Array("\(code.rawValue)\u{0}\(host)\u{0}\(text)".utf8) }

  func isLike(_ other: RankFailure) -> Bool { code == other.code && text == other.text }
}

/// Where a rank's failures come in.
private final class FailureDesk: MessageReceiver {
  private struct State {
    var failures: [Int: RankFailure] = [:]
    var isAnswered = false
    var isClosed = false
    var onFirst: (@Sendable ([Int: RankFailure]) -> Void)?
    var seconds = 0.0
  }

  private let state = Monitor(State())

  var failures: [Int: RankFailure] { state.withLock { $0.failures } }
  /// Whether rank 0 has said that all have failed alike.
  var isAnswered: Bool { state.withLock { $0.isAnswered } }

  /// What is done, on a thread of its own, some time after a rank has failed.
  func onFirst(after seconds: Double, _ body: @escaping @Sendable ([Int: RankFailure]) -> Void) {
    state.withLock { ($0.onFirst, $0.seconds) = (body, seconds) }
  }

  /// Whatever comes now is no failure any more.
  func close() { state.withLock { $0.isClosed = true } }

  func take(_ message: [UInt8], from rank: Int) {
    let isFirst = state.withLock { state in
      guard let failure = RankFailure(message) else {
        state.isAnswered = true
        return false
      }
      defer { state.failures[rank] = failure }
      return state.failures.isEmpty && state.onFirst != nil
    }
    guard isFirst else { return }
    do throws(Failure) { try Thread { [self] in tell() }.detach() } catch {
      // Nobody else can: what comes meanwhile is only not told.
      tell()
    }
  }

  private func tell() {
    usleep(UInt32(state.withLock { $0.seconds } * 1e6))
    let (body, failures) = state.withLock { ($0.isClosed ? nil : $0.onFirst, $0.failures) }
    body?(failures)
  }

  func lose(_ failure: Failure) {}
}
