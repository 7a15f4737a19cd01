import BlockMatrix
import Glibc

/// A thread of the operating system.
///
/// Made directly, for whoever waits for one that cannot be made has to hear of it: Dispatch tries
/// again, for ever.
@safe package struct Thread {
  private let handle: pthread_t

  /// What a thread runs, on its way to it.
  private final class Life {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// The bytes of a thread's stack: what is on it does not grow with the data.
  private static let stackByteCount = 2 << 20

  /// Starts a thread.
  ///
  /// - Throws: `.memory` where the operating system refuses another one.
  package init(_ body: @escaping @Sendable () -> Void) throws(Failure) {
    let life = unsafe Unmanaged.passRetained(Life(body))
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    defer { unsafe pthread_attr_destroy(&attributes) }
    unsafe pthread_attr_setstacksize(&attributes, Self.stackByteCount)
    var handle = pthread_t()
    let error = unsafe pthread_create(
      &handle, &attributes,
      { life in
        if let life = unsafe life {
          unsafe Unmanaged<Life>.fromOpaque(life).takeRetainedValue().body()
        }
        return nil
      }, life.toOpaque())
    guard error == 0 else {
      unsafe life.release()
      throw Failure(
        .memory, "the operating system refuses another thread",
        hint: "use fewer workers, or raise the limits on processes and memory (ulimit -u, -v)")
    }
    self.handle = handle
  }

  /// Waits for the thread's end; once.
  package func join() { pthread_join(handle, nil) }

  /// Lets the thread end by itself.
  package func detach() { pthread_detach(handle) }

  /// Sends the thread a signal.
  func send(_ signal: Int32) { pthread_kill(handle, signal) }
}
