import BlockMatrix
import Glibc
import Workers

/// Turns the signals that ask a process to end into a stop request.
///
/// A second interrupt ends the process at once: what is committed stays good.
final class StopSignals {
  private let watch: SignalWatch

  /// - Throws: `.memory` where there is no thread to wait for them.
  init(_ stop: StopRequest) throws(Failure) {
    watch = try SignalWatch([SIGINT, SIGTERM, SIGUSR1, SIGHUP, SIGXCPU]) { signal in
      if signal == SIGINT, stop.isSet { Glibc._exit(130) }
      if !stop.isSet {
        StandardError.write("\nblockals: stopping; press Ctrl-C again to end at once\n")
      }
      stop.set()
    }
  }
}
