import BlockMatrix
import Glibc

/// A value behind a lock, and threads that wait until it is as they need it.
///
/// `Synchronization` has no condition variable, so this is the POSIX pair, which the thread
/// sanitizer understands.
@safe package final class Monitor<State>: @unchecked Sendable {
  // Sendable: `state` is touched only while `mutex` is held.

  private var state: State
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  package init(_ state: sending State) {
    self.state = state
    unsafe mutex.initialize(to: pthread_mutex_t())
    unsafe changed.initialize(to: pthread_cond_t())
    let made = unsafe pthread_mutex_init(mutex, nil) | pthread_cond_init(changed, nil)
    precondition(made == 0, "no lock to be had")
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(mutex)
    unsafe changed.deallocate()
    unsafe mutex.deallocate()
  }

  /// Changes the value, then wakes whoever waits for a change.
  package func withLock<Output>(_ body: (inout State) -> Output) -> Output {
    unsafe pthread_mutex_lock(mutex)
    defer {
      unsafe pthread_cond_broadcast(changed)
      unsafe pthread_mutex_unlock(mutex)
    }
    return body(&state)
  }

  /// Waits until `body` has an answer, asking again after each change by another thread.
  package func wait<Output>(until body: (inout State) -> Output?) -> Output {
    unsafe pthread_mutex_lock(mutex)
    defer {
      unsafe pthread_cond_broadcast(changed)
      unsafe pthread_mutex_unlock(mutex)
    }
    while true {
      // To take something may be the change that another one waits for: hence the broadcast above.
      if let output = body(&state) { return output }
      unsafe pthread_cond_wait(changed, mutex)
    }
  }
}
