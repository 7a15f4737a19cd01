import BlockMatrix
import Glibc
import Workers

/// Turns the signals that ask a process to end into a stop request.
enum StopSignals {
  private static let signals = [SIGINT, SIGTERM, SIGUSR1, SIGHUP, SIGXCPU]

  /// Keeps them from threads that are made before there is a ``watch(_:during:)``.
  static func keepFromThreads() { SignalWatch.keepFromThreads(signals) }

  /// Does some work that a signal asks to stop.
  ///
  /// A second interrupt ends the process at once: what is committed stays good.
  ///
  /// - Throws: `.memory` where there is no thread to wait for them, and what the work throws.
  static func watch<Output>(
    _ stop: StopRequest = StopRequest(), during work: (StopRequest) throws(Failure) -> Output
  ) throws(Failure) -> Output {
    let watch = try SignalWatch(signals) { signal in
      if signal == SIGINT, stop.isSet { Glibc._exit(130) }
      if !stop.isSet {
        StandardError.interject("stopping; press Ctrl-C again to end at once")
      }
      stop.set()
    }
    return try withExtendedLifetime(watch) { () throws(Failure) in try work(stop) }
  }
}
